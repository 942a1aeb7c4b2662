"""python -m demo: the same as `crossdomain demo`, with its options."""

import sys

from pipeline.cli import app

app(["demo", *sys.argv[1:]], prog_name="crossdomain")
