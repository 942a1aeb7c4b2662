"""Experiments with latents of trained models, one a file: `find` returns its numbers and figure."""
