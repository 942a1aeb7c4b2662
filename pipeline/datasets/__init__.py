"""Sources of raw data, and the prepared store it goes to."""
