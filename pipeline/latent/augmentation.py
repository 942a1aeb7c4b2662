"""Generated samples as further examples for a classifier that has few.

What it is worth is told by repetitions with other few examples. A sampler that was trained on many
more real samples than the classifier gets hands on what it learnt of those; the question of
whether it adds anything to the very samples that it was trained on is another one, which is asked
by giving the classifier all of them (``few`` of no less than each class has).
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy

from pipeline.metrics.probe import probe_accuracy

STEPS, BATCH, RATE = 300, 64, 2e-3
"""Of `network_accuracy`: equal whatever it is trained on."""


class Labelled(NamedTuple):
    """Samples or features with their classes."""

    x: Tensor
    """[N, ...]."""
    y: Tensor
    """[N] int64."""


Fit = Callable[[Labelled, Labelled, int], float]
"""Training set, test set and seed -> accuracy, 0 to 1."""


@dataclass(frozen=True)
class Difference:
    """A mean over repetitions with the ends of its 95 % interval by Student's t distribution."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Augmentation:
    """Accuracies [R] of R repetitions, 0 to 1, in pairs: equal examples, equal seeds."""

    real: Tensor
    """Of a few real samples alone."""
    augmented: Tensor
    """Of them and generated ones, of which both kinds weigh the same."""
    generated: Tensor
    """Of generated samples alone."""

    @property
    def difference(self) -> Difference:
        """Return what generated samples add to real ones."""
        return paired_difference(self.augmented, self.real)


def paired_difference(a: Tensor, b: Tensor, level: float = 0.95) -> Difference:
    """Compute the mean of a - b over pairs [R] with its interval (Student 1908).

    Raises ValueError for fewer than two pairs.
    """
    from scipy.special import stdtrit

    if a.shape != b.shape or a.dim() != 1 or len(a) < 2:
        raise ValueError(f"expected two pairs or more, found {list(a.shape)}, {list(b.shape)}")
    apart = (a - b).double()
    mean, count = float(apart.mean()), len(apart)
    reach = float(stdtrit(count - 1, (1 + level) / 2)) * float(apart.std()) / sqrt(count)
    return Difference(mean, mean - reach, mean + reach)


def measure_augmentation(
    real: Labelled,
    generated: Labelled,
    test: Labelled,
    *,
    few: int = 10,
    more: int = 50,
    repetitions: int = 5,
    seed: int = 0,
    fit: Fit | None = None,
) -> Augmentation:
    """Train on ``few`` real samples of each class, with and without generated ones.

    Args:
        real: what the few are drawn from, others for each repetition.
        generated: what further samples are drawn from, others for each repetition.
        test: never trained on.
        few: real samples of a class; all, where a class has no more.
        more: generated samples of a class, likewise.
        repetitions: with seeds from ``seed`` on.
        fit: what is trained; None: `probe`.

    Whichever are fewer are repeated until they are about as many, so that neither kind outweighs
    the other; a network sees as many samples in all cases. Raises ValueError where a class of the
    test has no real or no generated sample.
    """
    for name, part in (("real", real), ("generated", generated)):
        if missing := sorted(set(test.y.tolist()) - set(part.y.tolist())):
            raise ValueError(f"no {name} sample is of class {missing[0]}")
    train = fit or probe
    found: dict[str, list[float]] = {"real": [], "augmented": [], "generated": []}
    for number in range(seed, seed + repetitions):
        some = draw_few(real, few, number)
        drawn = draw_few(generated, more, number)
        beside = repeated(some, len(drawn.y)), repeated(drawn, len(some.y))
        both = Labelled(*(torch.cat(parts) for parts in zip(*beside, strict=True)))
        for name, given in (("real", some), ("augmented", both), ("generated", drawn)):
            found[name].append(train(given, test, number))
    return Augmentation(**{name: torch.tensor(values) for name, values in found.items()})


def draw_few(real: Labelled, few: int, seed: int) -> Labelled:
    """Draw ``few`` samples of each class without replacement."""
    order = torch.randperm(len(real.y), generator=Generator().manual_seed(seed))
    labels = real.y.cpu()[order]
    kept = torch.cat([order[labels == label][:few] for label in sorted(set(labels.tolist()))])
    return Labelled(real.x[kept], real.y[kept])


def repeated(some: Labelled, least: int) -> Labelled:
    """Repeat samples as often as it takes to have ``least``, each as often as any other."""
    times = max(1, -(-least // len(some.y)))
    return Labelled(torch.cat([some.x] * times), torch.cat([some.y] * times))


def probe(given: Labelled, test: Labelled, seed: int) -> float:
    """Measure the accuracy of logistic regression on samples or features as they are."""
    return probe_accuracy(given.x.flatten(1), given.y, test.x.flatten(1), test.y)


def network_accuracy(given: Labelled, test: Labelled, seed: int) -> float:
    """Measure the accuracy of a small convolutional network after `STEPS` steps of Adam.

    Samples [N, C, H, W]. Its weights and batches depend on the seed alone; nothing else that draws
    random numbers is disturbed.
    """
    x, y = given.x, given.y
    classes = int(max(y.max(), test.y.max())) + 1
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(seed)
        network = small_network(x.shape[1], classes).to(x.device)
        optimizer = torch.optim.Adam(network.parameters(), RATE)
        for _ in range(STEPS):
            batch = torch.randint(len(y), (BATCH,)).to(y.device)
            loss = cross_entropy(network(x[batch]), y[batch])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
    with torch.no_grad():
        found = torch.cat(
            [network.eval()(part).argmax(dim=1) for part in torch.split(test.x, BATCH)]
        )
    return float((found == test.y).double().mean())


def small_network(channels: int, classes: int) -> nn.Sequential:
    """Build three strided convolutions and a linear layer on their means over space."""
    network = nn.Sequential()
    for width in (16, 32, 64):
        network.append(nn.Conv2d(channels, width, 3, stride=2, padding=1))
        network.append(nn.ReLU())
        channels = width
    network.append(nn.AdaptiveAvgPool2d(2))
    network.append(nn.Flatten())
    network.append(nn.Linear(4 * channels, classes))
    return network
