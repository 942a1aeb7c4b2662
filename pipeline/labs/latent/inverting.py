"""Real digits in latent spaces: how near z, w and w+ come, by search and by an encoder."""

from torch import Tensor, nn

from pipeline.labs.findings import Check, Finding, within
from pipeline.labs.latent.digits import Digits, classes, digit_classifier, digits_of, nearest
from pipeline.labs.latent.grids import draw_rows, enlarge
from pipeline.labs.latent.trained import Trained
from pipeline.labs.plotting import label, panels
from pipeline.latent import invert, space_of
from pipeline.latent.spaces import Kind

COUNT, STEPS, STARTS = 16, 150, 2
SPACES: tuple[Kind, ...] = ("z", "w", "w+")


def errors(x: Tensor, y: Tensor) -> Tensor:
    """Compute the mean squared error [N] of samples [N, C, H, W]."""
    return (x - y).square().flatten(1).mean(dim=1)


def baselines(x: Tensor, known: Digits) -> dict[str, float]:
    """Measure how far samples are from the nearest known one, and from the mean of all."""
    return {
        "nearest training digit": float(nearest(x, known)[0].mean()),
        "mean training digit": float(errors(x, known.pictures.mean(dim=0)[None]).mean()),
    }


def find(trained: Trained) -> Finding:
    """Search for digits of the test split in the spaces of StyleGAN2 and of the VAE."""
    classifier, test = digit_classifier(trained), digits_of(trained, "test")
    x, digits = (part[:: len(test.labels) // COUNT][:COUNT] for part in test)
    styles, vae = trained.model("stylegan2").model, trained.model("vae").model
    found = {"z of the VAE, encoded": space_of(vae).decode_all(space_of(vae).encode(x))}
    searched: list[tuple[str, nn.Module, Kind]] = [("z of the VAE", vae, "z")]
    searched += [(f"{kind} of StyleGAN2", styles, kind) for kind in SPACES]
    for name, model, kind in searched:
        space = space_of(model, kind)
        inverted = invert(space, x, steps=STEPS, starts=STARTS)
        found[name] = space.decode_all(inverted.latents)
    distances = {name: float(errors(x, y).mean()) for name, y in found.items()}
    known = baselines(x, digits_of(trained, "train"))
    figure, (left, right) = panels(["Mean squared error", "Test digits and what was found"])
    bars = {**distances, **known}
    left.barh(list(bars)[::-1], list(bars.values())[::-1])
    label(left, "of values from -1 to 1", "", legend=False)
    draw_rows(right, {"digit": x[:8], **{name: y[:8] for name, y in found.items()}})
    enlarge(figure, 12, 3.4)
    z, w, plus = (distances[f"{kind} of StyleGAN2"] for kind in SPACES)
    return Finding(
        "inverting",
        "More places to look, nearer samples",
        f"{len(x)} digits of the test split, searched for by {STEPS} steps of Adam from {STARTS} "
        "starts each, by the squared error of values. A w for each layer has more samples than one "
        "w for all, and w more than z, whose lengths are held to those of draws: w+ comes nearest "
        "(Abdal et al. 2019). Beside them: the encoder that a VAE has, whose code the search "
        "improves; the nearest of all training digits; and their mean, which an empty code would "
        "give.",
        [
            *(Check(f"{name}: mean squared error", value) for name, value in bars.items()),
            within("w over z", w / z, most=1),
            within("w+ over w", plus / w, most=1),
            within(
                "w+ over the nearest training digit", plus / known["nearest training digit"], most=1
            ),
            within(
                "VAE: searched over encoded",
                distances["z of the VAE"] / distances["z of the VAE, encoded"],
                most=1,
            ),
            *(
                Check(
                    f"{name}: digit stays",
                    float((classes(classifier, y) == digits).double().mean()),
                )
                for name, y in found.items()
            ),
        ],
        figure,
        "Right: the first row is what was looked for.",
    )
