"""Recipes written for a user's own folders: what to train, at what size, for how long, and why."""
