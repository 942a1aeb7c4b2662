"""A survey of folders before anything is prepared: layout, counts, sizes, bad files."""
