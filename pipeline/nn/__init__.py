"""Building blocks of networks: one concept a file."""
