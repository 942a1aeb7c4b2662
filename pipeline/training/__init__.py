"""The training loop, what feeds it and what watches it."""
