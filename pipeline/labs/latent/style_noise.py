"""Pictures of one style, by fresh noise and without."""

from typing import NamedTuple

import torch
from torch import Generator, Tensor

from pipeline.capabilities import Classifier
from pipeline.labs.findings import Check, Finding, near, within
from pipeline.labs.latent.digits import classes, digit_classifier
from pipeline.labs.latent.grids import draw_rows, enlarge
from pipeline.labs.latent.trained import Trained
from pipeline.labs.plotting import panels
from pipeline.latent.style_spaces import WSpace
from pipeline.metrics.sharpness import high_frequency_energy
from pipeline.models.stylegan import StyleGANModel
from pipeline.nn.noise import Noise, NoiseInput

STYLES, REPEATS, SHOWN = 64, 6, 4


class Repeats(NamedTuple):
    """Pictures of one style each, drawn several times."""

    samples: Tensor
    """[R, N, C, H, W]."""
    apart: float
    """Standard deviation of a value over the repeats, averaged over values and styles."""
    fine: float
    """Energy of fine detail."""
    digit: float
    """Share that are of the class of the first repeat."""


@torch.no_grad()
def drawn(model: StyleGANModel, w: Tensor, noise: Noise, times: int = REPEATS) -> Tensor:
    """Draw each of styles [N, W] ``times`` times with ``noise``: [times, N, C, H, W]."""
    generator = Generator().manual_seed(0)
    ws = w[:, None].expand(-1, model.layers, -1)
    found = [model.generator.synthesis(ws, noise, generator) for _ in range(times)]
    return torch.stack(found).clamp(-1, 1)


def measure(model: StyleGANModel, classifier: Classifier, w: Tensor, noise: Noise) -> Repeats:
    """Draw styles [N, W] several times, and compare what comes of each."""
    samples = drawn(model, w, noise)
    said = classes(classifier, samples.flatten(0, 1)).reshape(samples.shape[:2])
    return Repeats(
        samples,
        float(samples.std(dim=0).mean()),
        high_frequency_energy(samples.flatten(0, 1)),
        float((said == said[:1]).double().mean()),
    )


def find(trained: Trained) -> Finding:
    """Draw styles of StyleGAN2 with noise and without."""
    classifier, model = digit_classifier(trained), trained.model("stylegan2").model
    assert isinstance(model, StyleGANModel)
    w = WSpace(model).draw(STYLES, seed=11)
    found: dict[Noise, Repeats] = {
        "fresh": measure(model, classifier, w, "fresh"),
        "none": measure(model, classifier, w, "none"),
    }
    fresh, none = found["fresh"], found["none"]
    figure, axes = panels(["Fresh noise", "No noise"])
    for panel, repeats in zip(axes, (fresh, none), strict=True):
        rows = {f"w {number + 1}": repeats.samples[:, number] for number in range(SHOWN)}
        draw_rows(panel, rows)
    enlarge(figure, 9, 3.2)
    strength = max(
        float(module.strength.detach().abs().max())
        for module in model.modules()
        if isinstance(module, NoiseInput)
    )
    between = float(none.samples[0].std(dim=0).mean())
    return Finding(
        "style_noise",
        "Noise draws what no style says, if there is anything",
        f"{STYLES} styles w of StyleGAN2, each drawn {REPEATS} times. Each layer adds a map of "
        "noise, as strongly as training has it (Karras et al. 2019, section 3.2): what varies "
        "without a meaning, hair in portraits. Without noise all pictures of one w are equal, and "
        "lose fine detail; what they show should stay. How strong noise is begins at 0 and is "
        "learnt; where data have nothing that varies without a meaning, it stays near 0.",
        [
            Check("strongest noise of a layer", strength),
            near("no noise: pictures of one w differ by", none.apart, 0, 1e-6),
            Check("fresh noise: pictures of one w differ by", fresh.apart),
            Check("pictures of other w differ by", between),
            within("fresh noise: of the difference of other w", fresh.apart / between, most=0.5),
            within("fresh noise: same digit", fresh.digit, least=0.9),
            within("fine detail: no noise over fresh", none.fine / fresh.fine, most=1),
        ],
        figure,
        "A row is a w, drawn six times.",
    )
