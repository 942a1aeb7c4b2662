"""The report that ends a run: pages with every model's pictures, sounds, curves and numbers."""
