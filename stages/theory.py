"""python -m stages.theory: experiments on the theory of GANs -> data/theory/index.html."""

from pipeline.params import load_params
from pipeline.theory.lab import findings
from pipeline.theory.page import build_page
from stages.command import run
from stages.layout import CURVES, PARAMS, THEORY
from stages.report import seen_from_root


def main() -> None:
    """Run the experiments and build their page, and say where it is."""
    params = load_params(PARAMS)
    build_page(list(findings(params, CURVES)), params.seed, THEORY)
    print(f"The theory lab: {seen_from_root(THEORY / 'index.html')}")


if __name__ == "__main__":
    run(main)
