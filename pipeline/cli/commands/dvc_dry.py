"""`dvc`, whose `repro --dry` goes on where earlier stages have yet to make what later ones read.

DVC 3.67 looks in its cache of runs for each stage, and fails at a dependency that isn't there: in a
fresh clone at the second stage. Without it the stage can't have run before, so there is nothing to
find.
"""

import sys
from typing import Any

from dvc.cli import main
from dvc.stage.cache import RunCacheNotFoundError, StageCache

restore = StageCache.restore


def restore_where_possible(cache: StageCache, stage: Any, *args: Any, **options: Any) -> None:
    """Do what `StageCache.restore` does where all dependencies are there.

    Raises RunCacheNotFoundError, which makes DVC go on without its cache, where one is missing.
    """
    if not all(dependency.exists for dependency in stage.deps):
        raise RunCacheNotFoundError(stage)
    restore(cache, stage, *args, **options)


if __name__ == "__main__":
    StageCache.restore = restore_where_possible
    sys.exit(main(sys.argv[1:]))
