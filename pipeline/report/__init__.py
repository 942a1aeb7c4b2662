"""The report that ends a run: one page with every model's pictures, sounds, curves and numbers."""

from pipeline.report.page import Outputs, build_report

__all__ = ["Outputs", "build_report"]
