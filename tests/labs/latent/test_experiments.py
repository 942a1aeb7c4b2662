"""Experiments with latents, on models of blobs: where, how wide and how bright is what they say."""

import pytest
import tiny
import torch
from latents import LinearSampler, LinearStyles, Planes
from torch import Tensor, nn

from pipeline.capabilities import Classifier, Latent
from pipeline.errors import UserError
from pipeline.labs.latent import continuity, gradients, mixing, normals, style_noise
from pipeline.labs.latent.arithmetic import kinds_of, measure, observe
from pipeline.labs.latent.digits import Digits
from pipeline.labs.latent.lab import EXPERIMENTS, findings
from pipeline.labs.latent.shapes import SHAPES, shapes_of
from pipeline.labs.latent.trained import Trained
from pipeline.latent import space_of
from pipeline.models.stylegan import StyleGANModel

CPU = torch.device("cpu")
SIDE = 12


class Blobs(LinearSampler):
    """z [N, 4] -> blobs: to the right by the first number; brighter by the second; wider by the
    third, and by the second, too."""

    def __init__(self) -> None:
        super().__init__(torch.zeros(1, 4))

    def decode(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        place = torch.arange(SIDE) - (SIDE - 1) / 2
        middle = 2 * z[:, 0].tanh()[:, None]
        width = (0.15 * (z[:, 1] + z[:, 2])).exp()[:, None] * 1.4
        across = (-0.5 * ((place - middle) / width).square()).exp()
        down = (-0.5 * (place / 2).square()).exp()
        bright = (0.5 * z[:, 1]).sigmoid()[:, None, None]
        return (2 * bright * across[:, None, :] * down[:, None] - 1)[:, None]


class Sides(nn.Module, Classifier):
    """Tells blobs on the left from those on the right."""

    class_names = ("left", "right")

    def classify(self, x: Tensor) -> Tensor:
        columns = ((x + 1) / 2).mean(dim=(1, 2))
        right = columns @ (torch.arange(SIDE) - (SIDE - 1) / 2) / columns.sum(dim=1)
        return 4 * torch.stack([-right, right], dim=1)

    def features(self, x: Tensor) -> Tensor:
        return shapes_of(x)


def known_blobs() -> Digits:
    """Blobs with their sides."""
    x = space_of(Blobs()).decode_all(space_of(Blobs()).draw(120, seed=8))
    return Digits(x, Sides().classify(x).argmax(dim=1))


def test_gradients_lead_latents_to_what_another_classifier_sees() -> None:
    space = space_of(Blobs())
    edits = gradients.lead(space, space.draw(4), Sides(), known_blobs())
    assert edits.samples.shape == (2, 4, 1, SIDE, SIDE)
    assert int(edits.tried.sum()) == 4  # each is of one side already
    assert edits.reached == 1
    assert edits.seen == 1


def test_pixels_are_their_own_latents() -> None:
    classifier, pixels = Planes(torch.eye(2)), space_of(gradients.Pixels(), "code")
    x = torch.tensor([[0.5, 0.0], [0.9, 0.1]])[:, :, None, None]
    known = Digits(torch.eye(2)[:, :, None, None], torch.tensor([0, 1]))
    edits = gradients.lead(pixels, x, classifier, known, steps=60)
    assert edits.reached == 1
    assert edits.seen == 1
    assert torch.equal(pixels.decode(x), x)


def test_conditions_hold_what_goes_along() -> None:
    pairs, planes = normals.measure(space_of(Blobs()), draws=800, fresh=100)
    assert len(planes) == len(SHAPES)
    found = {(pair.wanted, pair.other): pair for pair in pairs}
    pair = found["ink", "width"]
    assert pair.correlation > normals.CORRELATED
    assert pair.drift_held < pair.drift_free / 2
    assert pair.held < pair.free


def test_arithmetic_of_blobs_keeps_the_side_and_adds_ink() -> None:
    space, classifier, ink = space_of(Blobs()), Sides(), SHAPES.index("ink")
    seen = observe(space, classifier, 400)
    latents, pixels = measure(space, classifier, kinds_of(seen, ink), ink)
    assert latents.samples.shape == pixels.samples.shape == (2, 1, SIDE, SIDE)
    assert latents.digit == latents.attribute == 1
    with pytest.raises(UserError, match="less than two classes"):
        kinds_of(seen, ink, 200)


def test_mixes_are_of_one_at_each_end() -> None:
    model = LinearStyles(torch.eye(2), torch.eye(2), torch.zeros(2, 2))
    a, b = torch.randn(2, 40, 2, generator=torch.Generator().manual_seed(0))
    none, coarse, both = mixing.measure(model, Planes(torch.eye(2)), a, b)
    assert (none.coarse_class, none.fine_class) == (0, 1)
    assert (both.coarse_class, both.fine_class) == (1, 0)
    assert (coarse.coarse_class, coarse.fine_class) == (1, 0)  # all is of the first layer
    assert float(both.coarse_shapes[0]) == pytest.approx(1)
    assert float(none.fine_shapes[0]) == pytest.approx(1)


def test_noise_is_all_that_repeats_differ_by() -> None:
    block = {"kind": "stylegan2", "width": 4, "most": 4, "dim": 4, "layers": 1}
    run = tiny.shrink(tiny.runs()["dcgan"], generator=block)
    model = tiny.build(run).model
    assert isinstance(model, StyleGANModel)
    with torch.no_grad():
        for name, value in model.named_parameters():
            if name.endswith("noise.strength"):
                value.fill_(0.5)
    w = model.to_w(torch.randn(3, model.latent))
    none = style_noise.drawn(model, w, "none", 2)
    fresh = style_noise.drawn(model, w, "fresh", 2)
    assert torch.equal(none[0], none[1])
    assert not torch.equal(fresh[0], fresh[1])
    assert torch.equal(fresh, style_noise.drawn(model, w, "fresh", 2))


class Squeezed(Blobs, Latent):
    """Blobs, and as code where they are and how bright, times a scale."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale

    def encode(self, x: Tensor) -> Tensor:
        columns = ((x + 1) / 2).mean(dim=(1, 2))
        place = columns @ (torch.arange(SIDE) - (SIDE - 1) / 2) / columns.sum(dim=1)
        bright = ((x.amax(dim=(1, 2, 3)) + 1) / 2).clamp(0.01, 0.99)
        zero = torch.zeros_like(place)
        z = torch.stack([(place / 2).clamp(-0.99, 0.99).atanh(), 2 * bright.logit()], dim=1)
        return self.scale * torch.cat([z, zero[:, None], zero[:, None]], dim=1)

    def decode(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        return super().decode(z / self.scale)


def test_codes_are_measured_in_their_own_units() -> None:
    known = known_blobs()
    small, large = (
        continuity.measure(space_of(Squeezed(scale), "code"), Sides(), known, draws=100)
        for scale in (1.0, 5.0)
    )
    assert large.spread == pytest.approx(5 * small.spread, rel=1e-3)
    assert large.rough == pytest.approx(small.rough, rel=1e-3)
    assert large.complete == pytest.approx(small.complete, abs=0.02)
    assert large.prior < small.prior  # they all lie in the middle of codes so large
    assert large.prior_distance > small.prior_distance


def test_experiments_have_names_of_their_own_and_ask_for_what_is_there(tmp_path) -> None:
    assert len({find.__module__ for find in EXPERIMENTS}) == len(EXPERIMENTS)
    with pytest.raises(UserError):
        list(findings(Trained(tmp_path, tmp_path, tmp_path, CPU)))
