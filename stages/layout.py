"""Paths of a run's outputs, below the folder of its dvc.yaml."""

from pathlib import Path

PARAMS = Path("params.yaml")
DATA = Path("data")
CHECKED = Path("data/checked/params")
PREPARED = Path("data/prepared")
CLASSIFIERS = Path("data/classifiers")
MODELS = Path("data/models")
CURVES = Path("data/curves")
METRICS = Path("data/metrics")
EVALUATION = Path("data/evaluation")
CHECKPOINTS = Path("data/checkpoints")
LOGS = Path("data/logs")
REPORT = Path("data/report")
THEORY = Path("data/theory")
LATENT = Path("data/latent")
