"""See `benchmarks.gpu`."""

import sys

from benchmarks.gpu import main

if __name__ == "__main__":
    sys.exit(main())
