"""Speed on this machine, run by hand: each prints a table and writes json beside the machine."""
