"""python .ci/smoke.py params.yaml: the same run with few steps and little data, in place."""

import sys
from pathlib import Path

import yaml

STEPS = 3
ITEMS = {"train": 24, "test": 6, "classifier": 24}


def shorten(params: dict) -> dict:
    """Set the steps of every model and classifier, and the sizes of embedded data sets."""
    for group in ("classifiers", "models", "second_stage"):
        for run in params.get(group, {}).values():
            run["steps"] = STEPS
    for data in params["datasets"].values():
        data |= {split: count for split, count in ITEMS.items() if split in data}
    return params


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(yaml.safe_dump(shorten(yaml.safe_load(path.read_text()))))
