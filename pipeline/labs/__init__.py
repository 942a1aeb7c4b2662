"""Experiments beside what theory or papers say of them: a page of findings for each lab."""
