"""Published BigGANs: equal to the original in what they give, or refused with the reason."""

from functools import partial

import importing
import pytest
import torch
from original_biggan import draw_pictures, random_state

from pipeline.backbones.biggan import GENERATOR
from pipeline.inference.sampling import classes_of, draw_samples
from pipeline.interop.biggan import read

ORIGIN = "biggan"
refused = partial(importing.refused, ORIGIN)


def imported(tmp_path, **shape):
    state = random_state(**shape)
    torch.save(state, tmp_path / "G_ema.pth")
    return state, importing.imported(ORIGIN, tmp_path / "G_ema.pth", tmp_path)


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"widths": (16, 8, 16), "attention": (8, 32), "channels": 1, "part": 3},
        {"widths": (12, 12), "attention": (), "spectral": False},
        {"mybn": True},
        {"mybn": True, "counter": 16.0},
    ],
    ids=["plain", "grey", "unnormed", "mybn", "standing"],
)
@torch.no_grad()
def test_an_imported_generator_gives_what_the_original_gives(tmp_path, shape):
    state, finished = imported(tmp_path, **shape)
    model, labels = finished.model, torch.tensor([0, 3, 1])
    assert model.latent == (len(shape.get("widths", (16, 8))) + 1) * shape.get("part", 2)
    z = torch.randn(3, model.latent, generator=torch.Generator().manual_seed(1))
    expected = draw_pictures(state, z, labels)
    assert expected.std() > 0.1
    assert (expected.abs() < 0.99).float().mean() > 0.2  # tanh does not hide what differs
    torch.testing.assert_close(model.decode(z, labels), expected, atol=3e-5, rtol=0)
    other = draw_pictures(state, z, labels.flip(0))
    assert (other - expected).abs().max() > 0.1
    assert finished.capabilities == ("sample",)
    assert classes_of(finished) == ["0", "1", "2", "3"]


def test_samples_are_truncated(tmp_path):
    _, finished = imported(tmp_path)
    (samples,) = draw_samples(finished, 2, 1, options={"truncation": 0.5})
    assert samples.shape == (2, 3, 16, 16)


def test_published_size(monkeypatch, tmp_path):
    """launch_BigGAN_bs256x8.sh of the public code: 128 pixels, width 96, a z of 6 x 20."""
    widths = tuple(96 * multiplier for multiplier in GENERATOR[5])
    shape = {"widths": widths, "attention": (64,), "classes": 1000, "shared": 128, "part": 20}
    with torch.device("meta"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "Generator", Undrawn)
        state = random_state(**shape, spectral=False)
    state = importing.zeros(state)
    monkeypatch.setattr("pipeline.interop.biggan.load_tensors", lambda *_, **__: state)
    found = read(tmp_path / "G_ema.pth")
    assert (found.latent, found.size, found.classes, found.channels) == (120, 128, 1000, 3)
    assert (found.network.width, found.network.attention) == (96, (64,))
    assert found.network.multipliers == GENERATOR[5]
    statistics = ("running_mean", "running_var", "batches_tracked")
    numbers = [v.numel() for name, v in found.weights.items() if not name.endswith(statistics)]
    assert sum(numbers) == 70_433_988


class Undrawn:
    """In place of a generator, of shapes alone."""

    def manual_seed(self, seed):
        return None


STATE = random_state()


@pytest.mark.parametrize(
    ("state", "parts"),
    [
        ({}, ["it has no shared.weight"]),  # --G_shared is off
        ({k: v for k, v in STATE.items() if "blocks.0" not in k}, ["counted from 0", "found 1"]),
        ({k: v for k, v in STATE.items() if "blocks" not in k}, ["found none"]),
        (
            {**STATE, "linear.weight": torch.ones(16 * 16, 6)},  # not --hier
            ["told a class by 5 numbers and a part of z by 6", "found 7"],
        ),
        ({**STATE, "linear.weight": torch.ones(16 * 36, 2)}, ["4x4 places of 16", "of 576"]),
        ({**STATE, "linear.u0": torch.ones(1, 2)}, ["linear.weight is [256, 2] and its u0 [1, 2]"]),
        ({**STATE, "linear.weight": torch.zeros(256, 2)}, ["stem.0.weight"]),
        ({**STATE, "blocks.0.0.extra.weight": torch.ones(2)}, ["unknown: blocks.0.0.extra"]),
        (
            {k: v for k, v in STATE.items() if k != "output_layer.0.stored_var"},
            ["missing: head.0.running_var"],
        ),
        ({**STATE, "shared.weight": torch.ones(1, 5)}, ["no generator of ours", "needs classes"]),
    ],
)
def test_what_is_no_generator_is_refused(tmp_path, state, parts):
    torch.save(state, tmp_path / "G.pth")
    message = refused(tmp_path / "G.pth", "--name", "it", "--models", tmp_path)
    for part in parts:
        assert part in message
    assert not (tmp_path / "it").exists()
