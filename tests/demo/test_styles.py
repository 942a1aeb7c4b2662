"""Ways between samples of styles."""

import exported
import tiny
import torch
from torch import Generator

from demo.sampling import FRAMES, way_between
from pipeline.inference.finished import load


def test_the_way_between_two_styles_is_straight_in_w(tmp_path):
    exported.export_one(tmp_path / "stylegan2", tiny.runs()["stylegan2"])
    finished = load(tmp_path / "stylegan2")
    model = finished.model
    samples = way_between(finished, 1, 2)
    assert len(samples) == FRAMES
    with torch.inference_mode():
        ends = [model.to_w(model.draw(1, Generator().manual_seed(seed))) for seed in (1, 2)]
        middle = model.of_w(torch.lerp(*ends, FRAMES // 2 / (FRAMES - 1)))
        for at, w in ((0, ends[0]), (-1, ends[1])):
            torch.testing.assert_close(samples[at], model.of_w(w)[0])
    torch.testing.assert_close(samples[FRAMES // 2], middle[0], atol=1e-5, rtol=1e-4)
