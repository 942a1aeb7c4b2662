"""The report that ends a run: pages with every model's pictures, sounds, curves and numbers."""

from pipeline.report.build import build_report
from pipeline.report.model import Outputs

__all__ = ["Outputs", "build_report"]
