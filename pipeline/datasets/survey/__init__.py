"""What folders hold, before anything is prepared or trained: layout, counts, sizes, bad files."""
