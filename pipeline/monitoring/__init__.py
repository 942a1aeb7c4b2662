"""Curves, telemetry and profiles of a run; nothing here changes a result."""
