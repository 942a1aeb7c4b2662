"""Where raw data comes from, and the prepared store it goes to."""
