"""python -m benchmarks.disentanglement [STEPS]: what weights of the bound do to a code's numbers.

VAEs of two betas, and of two estimates of the total correlation beside beta 1, on the drawn world,
in which three factors vary and everything else stands still; scored by how far their codes tell
those factors apart: disentanglement and completeness (DCI), the mutual information gap (MIG), SAP
and FactorVAE's score; and by how far numbers are correlated. All have the same first weights and
batches. What is observed has so little noise that at beta 1 a factor spreads over several numbers,
and at beta 4 about as many numbers are left as there are factors. Writes
benchmarks/results/disentanglement.json.
"""

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from rich.progress import track
from rich.table import Table
from torch import Tensor
from torch.nn.functional import interpolate

from benchmarks.machine import publish
from pipeline.datasets.factors import Number
from pipeline.datasets.savanna.draw import draw
from pipeline.datasets.savanna.factors import FACTORS
from pipeline.datasets.savanna.scene import sample_scene
from pipeline.methods.registry import load_run
from pipeline.metrics.disentanglement import dci, mutual_information_gap
from pipeline.metrics.separation import (
    factor_vae_score,
    group_variances,
    offdiagonal_correlation,
    sap,
)
from pipeline.samples import DatasetSpec, Labelled, Spec
from pipeline.system.hardware import device, start_fabric
from pipeline.training.trainer import Trainer, step_seed

VARIED = ("place", "horizon", "warmth")
CASES: dict[str, dict[str, Any]] = {
    "beta 1": {"beta": 1.0},
    "beta 4": {"beta": 4.0},
    "beta-TC-VAE": {"total_correlation": {"kind": "minibatch", "weight": 5.0}},
    "FactorVAE": {"total_correlation": {"kind": "discriminator", "weight": 10.0, "width": 128}},
}
"""Fields of each VAE."""
SEEDS = (1, 2, 3, 4, 5, 6)
SCENES, SIDE, BATCH, STEPS = 800, 16, 64, 900
LATENT, NOISE, WIDTH, LR = 8, 0.25, 16, 2e-3
GROUPS, GROUP = 800, 64  # of FactorVAE's score, and samples of each


def world() -> tuple[Tensor, Tensor]:
    """Draw pictures [N, 3, 16, 16] in [-1, 1] and the factors [N, F] that they show."""
    rng = np.random.default_rng(0)
    still = replace(sample_scene(rng), facing=1, clouds=0, trees=0, bushes=0)
    low, high = np.array([range_of(name) for name in VARIED]).T
    factors = rng.uniform(low, high, (SCENES, len(VARIED)))
    pictures = [
        draw(replace(still, **dict(zip(VARIED, row, strict=True))), 64, "zebra", "savanna").picture
        for row in track(factors.tolist(), description="drawing")
    ]
    stored = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1
    return interpolate(stored, size=SIDE, mode="area"), torch.from_numpy(factors)


def range_of(name: str) -> tuple[float, float]:
    """Return the least and the greatest value of a factor."""
    factor = FACTORS[name]
    assert isinstance(factor, Number)
    assert factor.low is not None
    assert factor.high is not None
    return factor.low, factor.high


def score(case: str, seed: int, pictures: Tensor, factors: Tensor, steps: int) -> dict[str, float]:
    """Train the VAE of a case; return what its code is worth, and its reconstruction error."""
    run = load_run(
        {
            **{"method": "vae", "data": "world", "domains": ["scene"], "steps": steps},
            **{"batch": BATCH, "latent": LATENT, "noise": NOISE, "log_every": steps},
            **{"encoder": {"width": WIDTH}, "decoder": {"width": WIDTH}, "precision": "fp32"},
            **{"optimizer": {"lr": LR, "beta1": 0.9}, **CASES[case]},
        }
    )
    spec = Spec(channels=3, height=SIDE, width=SIDE, bounded=True)
    torch.manual_seed(seed)
    method = run.build(DatasetSpec(specs={"scene": spec}))
    training = Trainer(start_fabric("fp32"), method, run, seed=seed, label="", checkpoints=None)
    for step in track(range(steps), description=f"{case}, seed {seed}"):
        chooser = torch.Generator().manual_seed(step_seed(seed, step, 0))
        count = BATCH * run.batches_per_step
        x = pictures[torch.randint(len(pictures), (count,), generator=chooser)]
        training.reseed()
        training.take_step(Labelled(x.to(device()), torch.zeros(count, device=device())))
    model: Any = method.model.eval()
    with torch.no_grad():
        codes = model.encode(pictures.to(device())).cpu()
        error = (model.decode(codes.to(device())).cpu() - pictures).square().mean()
    return {**worth(codes, factors), "mse": float(error)}


def worth(codes: Tensor, factors: Tensor) -> dict[str, float]:
    """Score codes [N, Z] by how far their numbers tell factors [N, F] apart."""
    apart, complete = dci(codes, factors)
    variances, held = group_variances(codes, factors, groups=GROUPS, size=GROUP, seed=0)
    return {
        "disentanglement": apart,
        "completeness": complete,
        "mig": mutual_information_gap(codes, factors),
        "sap": sap(codes, factors),
        "factor_vae": factor_vae_score(variances, held, codes.double().var(dim=0)),
        "correlation": offdiagonal_correlation(codes),
    }


def main() -> None:
    """Measure and publish."""
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else STEPS
    pictures, factors = world()
    cases = {}
    for case in CASES:
        found = [score(case, seed, pictures, factors, steps) for seed in SEEDS]
        cases[f"{case}, {steps} steps"] = {name: [one[name] for one in found] for name in found[0]}
    names = next(iter(cases.values()))
    table = Table("", *(f"{name}: mean (of each seed)" for name in names))
    for case, columns in cases.items():
        shown = [
            f"{np.mean(values):.4f} ({', '.join(f'{value:.3f}' for value in values)})"
            for values in columns.values()
        ]
        table.add_row(case, *shown)
    publish("disentanglement", table, cases)


if __name__ == "__main__":
    main()
