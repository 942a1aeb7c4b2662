"""Metrics, one a file: tensors in, a float out."""
