"""The work of the command line, a module a command; `pipeline.cli` imports them when asked."""
