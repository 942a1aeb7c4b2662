"""crossdomain: translate between domains of pictures and sound.

Importing the package is cheap: torch and the other heavy libraries load with the modules that
use them.
"""

import os

__version__ = "0.1.0"

# Idle OpenMP threads spin before they sleep. With libgomp's default they spin so long that another
# busy process on the machine makes training up to ten times slower; this costs nothing when alone.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
# Pages of 2 MiB for large tensors, where the system leaves the choice to programs.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
