"""Disturbed digits: what two scores of sets, and what distances of pairs, make of them."""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, pad

from benchmarks.what_metrics_miss.digits import Digits, Rows
from pipeline.datasets.savanna.draw import draw
from pipeline.datasets.savanna.scene import sample_scene
from pipeline.metrics.frechet import frechet_distance
from pipeline.metrics.inception_score import inception_score
from pipeline.metrics.lpips import lpips
from pipeline.metrics.psnr import psnr
from pipeline.metrics.ssim import ssim

LEVELS: dict[str, tuple[float, ...]] = {
    "blur": (1.0, 2.0, 3.0, 4.0),
    "noise": (0.25, 0.5, 1.0, 2.0),
    "cut-out": (8, 12, 16, 20),
    "salt and pepper": (0.05, 0.1, 0.2, 0.4),
    "other pictures": (0.05, 0.1, 0.2, 0.4),
}
"""Std of a Gaussian in pixels of 32; std of noise on [-1, 1]; side of a grey square in pixels;
share of pixels; share of pictures that are of something else."""

NONE = 0.0  # the level that changes nothing


def measure_disturbances(digits: Digits) -> dict[str, dict[str, Rows]]:
    """Measure both scores at each level of each disturbance, of digits and of drawn scenes.

    The classifier knows the digits' classes and none of the scenes: there its features still tell
    pictures apart, and its classes say nothing. Scenes are measured against other scenes, and the
    last disturbance of each is the other.
    """
    scenes = draw_scenes(2 * len(digits.test), digits.test.shape[-1])
    reference = digits.features(scenes[: len(digits.test)])
    scenes = scenes[len(digits.test) :]
    return {
        "digits": by_level(digits, digits.test, scenes, digits.reference),
        "scenes": by_level(digits, scenes, digits.test, reference),
    }


def by_level(digits: Digits, x: Tensor, others: Tensor, reference: Tensor) -> dict[str, Rows]:
    """Measure Frechet distances to features [M, F], and inception scores, of disturbed samples."""
    return {
        kind: {
            f"{level:g}": scores(digits, disturb(x, kind, level, others), reference)
            for level in (NONE, *levels)
        }
        for kind, levels in LEVELS.items()
    }


def scores(digits: Digits, x: Tensor, reference: Tensor) -> dict[str, float]:
    """Measure Frechet distance and inception score of samples."""
    return {
        "frechet": frechet_distance(digits.features(x), reference),
        "inception_score": inception_score(digits.logits(x), splits=1, seed=None).value,
    }


def disturb(x: Tensor, kind: str, level: float, others: Tensor) -> Tensor:
    """Disturb pictures [N, 1, H, W]; what is drawn is the same at every level."""
    generator = torch.Generator().manual_seed(0)
    if level == NONE:
        return x
    if kind == "blur":
        return blur(x, level)
    if kind == "noise":
        return (x + level * torch.randn(x.shape, generator=generator)).clamp(-1, 1)
    if kind == "salt and pepper":
        chance = torch.rand(x.shape, generator=generator)
        white = 2.0 * torch.randint(2, x.shape, generator=generator) - 1
        return torch.where(chance < level, white, x)
    chosen = torch.rand(len(x), 2, generator=generator)
    if kind == "other pictures":
        return torch.where((chosen[:, :1, None, None] < level), others, x)
    side, y, room = int(level), x.clone(), x.shape[-1] - int(level)
    for picture, (row, column) in zip(y, (chosen * room).long().tolist(), strict=True):
        picture[:, row : row + side, column : column + side] = 0
    return y


def blur(x: Tensor, std: float) -> Tensor:
    """Blur pictures [N, C, H, W] by a Gaussian, black beyond the border."""
    from scipy.ndimage import gaussian_filter

    blurred = gaussian_filter(x.numpy(), (0, 0, std, std), mode="constant", cval=-1.0)
    return torch.from_numpy(blurred)


def draw_scenes(count: int, size: int) -> Tensor:
    """Draw grey scenes of the savanna, [N, 1, size, size]."""
    rng = np.random.default_rng(0)
    scenes = [draw(sample_scene(rng), 2 * size, "zebra", "savanna") for _ in range(count)]
    grey = torch.from_numpy(np.stack([scene.picture.mean(axis=2) for scene in scenes]))
    return avg_pool2d(grey[:, None].float() / 127.5 - 1, 2)


def measure_pairs(digits: Digits) -> Rows:
    """Compare test digits with changed ones, pair by pair.

    ``features`` is LPIPS's arithmetic, each channel of each layer of the classifier counting alike.
    """
    x = digits.test
    mean = digits.train.mean(dim=0, keepdim=True).expand_as(x)
    changed = {
        "moved by 1 pixel": moved(x, 1),
        "blurred, std 2.5": blur(x, 2.5),
        "moved by 2 pixels": moved(x, 2),
        "blurred, std 4": blur(x, 4.0),
        "the mean digit": mean,
    }
    return {name: distances(digits, y, x) for name, y in changed.items()}


def moved(x: Tensor, pixels: int) -> Tensor:
    """Move pictures [N, 1, H, W] down and to the right; what comes in is black."""
    return pad(x[..., :-pixels, :-pixels], (pixels, 0, pixels, 0), value=-1.0)


def distances(digits: Digits, y: Tensor, x: Tensor) -> dict[str, float]:
    """Measure how far changed digits are from what they were, and what they are still read as."""
    maps, reference = digits.taps(y), digits.taps(x)
    weights = [torch.ones(layer.shape[1]) for layer in maps]
    read = digits.logits(y).argmax(dim=1)
    return {
        "psnr": psnr(y, x),
        "ssim": ssim(y, x),
        "features": lpips(maps, reference, weights),
        "accuracy": float((read == digits.test_labels).double().mean()),
    }
