"""`python -m pipeline.cli` is `crossdomain`."""

from pipeline.cli import main

main()
