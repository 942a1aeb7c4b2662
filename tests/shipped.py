"""The folders with a params.yaml and a dvc.yaml that the project comes with."""

import tiny

# Beside them lie the user's own.
RECIPES = ("facades-256", "fsdd", "horse2zebra-256", "vcc2016", "zoo")
RUNS = [tiny.ROOT, *(tiny.ROOT / "recipes" / name for name in RECIPES)]
