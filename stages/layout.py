"""Where the stages of a run leave things, below the folder of its dvc.yaml."""

from pathlib import Path

PARAMS = Path("params.yaml")
DATA = Path("data")
PREPARED = Path("data/prepared")
JUDGES = Path("data/judges")
MODELS = Path("data/models")
CURVES = Path("data/curves")
METRICS = Path("data/metrics")
EXHIBITS = Path("data/exhibits")
CHECKPOINTS = Path("data/checkpoints")
LOGS = Path("data/logs")
REPORT = Path("data/report")
