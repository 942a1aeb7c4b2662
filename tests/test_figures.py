"""Figures as files: what is between samples suits any page."""

import json

import numpy as np
import tiny
import torch
from PIL import Image

from pipeline.figures import PANEL, Caption, grid, save_grid, save_spectrograms


def test_grids_are_transparent_between_samples(tmp_path):
    rows = [torch.ones(2, 1, 64, 80), -torch.ones(1, 3, 64, 80)]
    save_grid(tmp_path / "a.png", rows, Caption("Two rows", ["light", "dark"]))
    picture = np.asarray(Image.open(tmp_path / "a.png"))
    assert picture.shape == (64 + 2 + 64, 80 + 2 + 80, 4)
    assert (picture[:64, :80] == 255).all()
    assert (picture[66:, :80] == (0, 0, 0, 255)).all()
    assert (picture[64:66, :, 3] == 0).all()
    assert (picture[:, 80:82, 3] == 0).all()
    assert (picture[66:, 82:, 3] == 0).all()  # the second row has one sample
    assert (grid(rows) == picture[:, :, :3]).all()
    caption = json.loads((tmp_path / "a.json").read_text())
    assert caption == {"title": "Two rows", "rows": ["light", "dark"], "cell": [66, 82]}


def test_small_samples_are_enlarged_by_a_whole_factor(tmp_path):
    save_grid(tmp_path / "a.png", [torch.zeros(3, 1, 28, 28)], Caption("Small"))
    assert Image.open(tmp_path / "a.png").size == (3 * (3 * 28 + 2) - 2, 3 * 28)
    assert json.loads((tmp_path / "a.json").read_text())["cell"] == [86, 86]


def test_spectrograms_have_a_ground_of_their_own_and_no_white_margin(tmp_path):
    mels = {"model": torch.rand(tiny.SIDE, 40), "target": torch.rand(tiny.SIDE, 30)}
    save_spectrograms(tmp_path / "0.png", mels, tiny.CONVENTION)
    picture = np.asarray(Image.open(tmp_path / "0.png").convert("RGB"))
    ground = tuple(bytes.fromhex(PANEL[1:]))
    for corner in (picture[0, 0], picture[0, -1], picture[-1, 0], picture[-1, -1]):
        assert tuple(corner) == ground
    assert (picture.min(axis=2) > 250).mean() < 0.01
