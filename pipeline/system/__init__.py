"""The machine and its processes: hardware, memory, files, workers, progress."""
