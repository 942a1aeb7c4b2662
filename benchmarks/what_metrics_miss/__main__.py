"""python -m benchmarks.what_metrics_miss: see `benchmarks.what_metrics_miss`."""

from benchmarks.what_metrics_miss import main

main()
