"""Trainings on mixtures: which modes samples reach, and which they leave for the next."""

from typing import Literal

from pipeline.labs.findings import Check, Finding, within
from pipeline.labs.plotting import label, panels
from pipeline.labs.theory.training import (
    Training,
    covered,
    distances,
    favourite_shares,
    favourites,
    film,
    good,
    hops,
    strip,
    strip_steps,
)

Claim = Literal["hops", "covers"]
LEAST_HOPS = 3
"""Changes of the mode that most samples are nearest to."""

CLAIMS: dict[str, Claim] = {
    "line_gan": "covers",
    "ring_gan": "hops",
    "ring_r1": "covers",
}
"""Expectations of trainings of the recipe, by their names; of others nothing is."""

WORDS: dict[str, str] = {
    "line_gan": "The generator moves its samples to where the discriminator says real, the "
    "discriminator lowers its logits there, and round by round the histograms draw nearer.",
    "ring_gan": "A generator that is faster than its discriminator puts all samples where that "
    "finds them most real. Soon nearly all there are fakes, the discriminator says so, and the "
    "next mode is the best place: samples hop round the ring and never cover it (Metz et al. 2017, "
    "figure 2).",
    "ring_r1": "The same networks and seed with a discriminator as fast as the generator, a "
    "penalty on its gradient at real samples (R1, Mescheder et al. 2018), rates that fall to "
    "0, and the average of the last weights: samples stay where they have come to.",
    "ring_vae": "Maximum likelihood on the same ring: a VAE covers every mode, and what lies "
    "between them, too.",
}


def find(training: Training) -> Finding:
    """Follow the samples of a training, and the modes where the data has some."""
    course, modes = training.course, training.modes
    distance = distances(training)
    steps = course.steps.tolist()
    shown = ", ".join(f"{step:,}" for step in strip_steps(course))
    words = WORDS.get(training.name, f"The course of {training.name} on {training.data}.")
    titles = ["Sliced Wasserstein distance"] + (["Modes"] if modes else [])
    figure, axes = panels(titles)
    axes[0].plot(steps, distance)
    axes[0].set_ylim(bottom=0)
    label(axes[0], "step", "distance to the data", legend=False)
    checks = [
        Check("sliced Wasserstein distance, first", distance[0]),
        Check("sliced Wasserstein distance, last", distance[-1]),
    ]
    if modes is not None:
        reached, favourite = covered(course, modes), favourites(course, modes)
        axes[1].step(steps, favourite, where="post", linewidth=1, label="that most are near")
        axes[1].plot(steps, reached, label="number that are covered")
        label(axes[1], "step", "mode, and number of modes")
        shares = favourite_shares(course, modes)
        checks += [
            *counts(training.name, reached, hops(favourite), len(modes.means)),
            Check("share of samples near the favourite mode, mean", sum(shares) / len(shares)),
            Check("share of samples of high quality, last", good(course, modes)[-1]),
        ]
    return Finding(
        training.name,
        f"{training.name}: {len(steps)} previews of a training",
        f"{words} Samples of one seed are red over the data, grey; the discriminator's field is "
        "blue where it says real, and orange where it says fake. Points on a line are histograms, "
        f"and there D is the blue curve. From left to right steps {shown}.",
        checks,
        figure,
        "Every look of the training.",
        {f"{training.name}_strip.png": strip(training), f"{training.name}.gif": film(training)},
    )


def counts(name: str, reached: list[int], changes: int, modes: int) -> list[Check]:
    """Count modes and hops, beside what is expected of the training."""
    most = f"most modes covered at any time, of {modes}"
    last = f"modes covered at the end, of {modes}"
    changed = "changes of the favourite mode"
    match CLAIMS.get(name):
        case "hops":
            return [
                within(most, max(reached), most=modes - 1),
                Check(last, reached[-1]),
                within(changed, changes, least=LEAST_HOPS),
            ]
        case "covers":
            return [
                Check(most, max(reached)),
                within(last, reached[-1], least=modes),
                Check(changed, changes),
            ]
        case None:
            return [Check(most, max(reached)), Check(last, reached[-1]), Check(changed, changes)]
