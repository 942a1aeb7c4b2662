"""python -m stages.latent: experiments with latents of trained models -> data/latent/index.html."""

from pipeline.labs.latent.lab import findings
from pipeline.labs.latent.trained import Trained
from pipeline.labs.page import Lab, build_page
from pipeline.params import load_params
from pipeline.system.hardware import device
from stages.command import run
from stages.layout import CLASSIFIERS, LATENT, MODELS, PARAMS, PREPARED
from stages.report import seen_from_root

LAB = Lab("Latent spaces", "What the latents of trained models are good for, measured")


def main() -> None:
    """Run the experiments and build their page, and say where it is."""
    seed = load_params(PARAMS).seed
    trained = Trained(PREPARED, CLASSIFIERS, MODELS, device())
    build_page(LAB, list(findings(trained)), seed, LATENT)
    print(f"Latent spaces: {seen_from_root(LATENT / 'index.html')}")


if __name__ == "__main__":
    run(main)
