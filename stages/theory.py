"""python -m stages.theory: experiments on the theory of GANs -> data/theory/index.html."""

from pipeline.labs.page import Lab, build_page
from pipeline.labs.theory.lab import findings
from pipeline.params import load_params
from stages.command import run
from stages.layout import CURVES, PARAMS, THEORY
from stages.report import seen_from_root

LAB = Lab("Theory lab", "What papers derive of adversarial training, measured")


def main() -> None:
    """Run the experiments and build their page, and say where it is."""
    params = load_params(PARAMS)
    build_page(LAB, list(findings(params, CURVES)), params.seed, THEORY)
    print(f"The theory lab: {seen_from_root(THEORY / 'index.html')}")


if __name__ == "__main__":
    run(main)
