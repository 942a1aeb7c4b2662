"""Networks without memory: the same names, shapes and types, in a moment."""

import subprocess
import sys

import pytest
import tiny
import torch

from pipeline.methods.registry import build_from_card
from pipeline.nn.outlines import on_meta

COUNT = """
import sys
from pipeline.methods import registry
from pipeline.nn.outlines import on_meta
import tiny
cards = [tiny.card_of(tiny.runs()[name]) for name in sys.argv[1:]]
before = len(sys.modules)
with on_meta():
    for card in cards:
        registry.build_from_card(card)
print(len(sys.modules) - before)
"""


@pytest.mark.parametrize("name", sorted(tiny.runs()))
def test_an_outline_is_that_of_the_network(name):
    card = tiny.card_of(tiny.runs()[name])
    with on_meta():
        outline = build_from_card(card).state_dict()
    whole = build_from_card(card).state_dict()
    assert outline.keys() == whole.keys()
    for key, value in outline.items():
        assert value.device.type == "meta"
        assert (value.shape, value.dtype) == (whole[key].shape, whole[key].dtype)


def test_it_draws_no_random_numbers():
    before = torch.get_rng_state()
    for run in tiny.runs().values():
        with on_meta():
            build_from_card(tiny.card_of(run))
    assert torch.equal(torch.get_rng_state(), before)


def test_torch_imports_nothing_for_it():
    """But for spectral norm, and codebooks that learn as averages, which compute what they are."""
    names = ("pix2pix", "cyclegan", "vae", "dcgan", "cut", "hifigan", "voice_mask_cyclegan")
    command = [sys.executable, "-c", COUNT, *names]
    paths = {"PYTHONPATH": f"{tiny.ROOT}:{tiny.ROOT / 'tests'}", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=paths, check=True)
    assert int(done.stdout) < 20
