"""Translators of pictures: stand-ins whose numbers are known."""

import json

import evaluating
import numpy as np
import pytest
import tiny
import torch
from evaluating import Constant
from stores import prepared

from pipeline.capabilities import Translator
from pipeline.datasets.folders import PictureFolderParams
from pipeline.datasets.store import Store
from pipeline.evaluation.context import Context
from pipeline.evaluation.translation import compare_to_truth, evaluate_translator
from pipeline.metrics.ms_ssim import ms_ssim_each


def translated(model: Translator, store: Store, out) -> dict:
    context = evaluating.context(model, store, out)
    evaluate_translator(context)
    return evaluating.values(context.results)


def test_pairs_are_compared_with_the_truth(picture_store, tmp_path):
    found = translated(Constant({"night": "day"}, 0.0, 3), picture_store, tmp_path)["day_to_night"]
    assert set(found) == {"psnr", "ssim", "l1", "edge_correlation"}
    assert set(found["l1"]) == {"model", "mean_picture", "untouched_input", "colour_statistics"}
    night = picture_store.domain("test", "night")
    items = np.stack([night.item(index) for index in range(len(night))])
    truth = picture_store.codec.to_sample(torch.from_numpy(items), "night")
    assert found["l1"]["model"] == pytest.approx(float(truth.abs().mean()), abs=1e-4)
    caption = json.loads((tmp_path / "day_to_night.json").read_text())
    assert caption["rows"] == ["input: day", "translation: night", "true counterpart: night"]


def test_large_pictures_are_compared_over_five_scales_too(picture_store, tmp_path, monkeypatch):
    monkeypatch.setattr(Context, "mean_samples", lambda self, domain: None)
    model = Constant({"night": "day"}, 0.0, 3)
    for side, names in ((160, {"psnr", "ssim", "l1"}), (161, {"psnr", "ssim", "l1", "ms_ssim"})):
        context = evaluating.context(model, picture_store, tmp_path)
        truth = torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(0)) * 2 - 1
        untouched = truth.roll(40, dims=3)
        answers = {"model": truth, "untouched_input": untouched}
        compare_to_truth(context, "day_to_night", "night", answers, truth)
        found = evaluating.values(context.results)["day_to_night"]
        assert set(found) == names
    assert found["ms_ssim"]["model"] == 1
    expected = float(ms_ssim_each(untouched, truth).mean())
    assert found["ms_ssim"]["untouched_input"] == pytest.approx(expected, abs=1e-4)


def test_a_grey_input_is_a_baseline_of_what_colours_it(tmp_path):
    tiny.write_pictures(tmp_path / "raw", 5)
    folders = {"train": {"photo": "raw"}}
    params = PictureFolderParams(
        root=str(tmp_path), folders=folders, holdout=0.4, size=tiny.SIDE, views=("grey",)
    )
    store = prepared(params, tmp_path / "store")
    found = translated(Constant({"photo": "grey"}, 0.0, 3), store, tmp_path)["grey_to_photo"]
    assert found["psnr"]["untouched_input"] > found["psnr"]["model"]  # grey is nearer than nothing


def test_the_way_back_is_measured_where_there_is_one(picture_store, tmp_path):
    both = Constant({"night": "day", "day": "night"}, 0.5, 3)
    found = translated(both, picture_store, tmp_path)
    assert set(found) == {"day_to_night", "night_to_day"}
    assert found["day_to_night"]["cycle_l1"]["model"] > 0
