"""What the command line does, a module a command; `pipeline.cli` imports them when asked."""
