"""Vocoders, and converters through one."""

import json

import evaluating
import numpy as np
import pytest
import soundfile
import tiny
import torch
from evaluating import Silence
from stores import prepared
from torch import Tensor, nn

from pipeline.capabilities import Translator, Vocoder
from pipeline.codecs.spectrogram import log_mel
from pipeline.conventions import MelConvention
from pipeline.errors import UserError
from pipeline.evaluation.conversion import evaluate_converter
from pipeline.evaluation.results import Results, read_results
from pipeline.evaluation.vocoding import evaluate_vocoder
from pipeline.inference.vocoders import GriffinLim
from pipeline.metrics.distortion import mel_cepstral_distortion
from stages import evaluate as evaluate_stage

CONVENTION = tiny.CONVENTION.model_copy(update={"mels": 32})


class Classical(nn.Module, GriffinLim):
    """Griffin-Lim as a model."""

    def __init__(self, convention: MelConvention) -> None:
        super().__init__()
        self.convention = convention


class Loud(Classical):
    """Three times as loud as it should be."""

    def vocode(self, frames: Tensor) -> Tensor:
        return 3 * super().vocode(frames)


class Same(nn.Module, Translator):
    directions = {"bob": ("ann",)}  # noqa: RUF012

    def translate(self, x: Tensor, to: str) -> Tensor:
        return x


@pytest.fixture(scope="module")
def store(raw_sounds, tmp_path_factory):
    out = tmp_path_factory.mktemp("more bands") / "sounds"
    return prepared(raw_sounds.model_copy(update={"convention": CONVENTION}), out)


def test_a_vocoder_is_measured_by_copies_beside_its_baselines(store, tmp_path):
    untrained = Classical(CONVENTION)
    context = evaluating.context(
        Loud(CONVENTION), store, tmp_path, "ann", "bob", untrained=untrained
    )
    evaluate_vocoder(context)
    assert evaluating.values(context.results).keys() == {"ann", "bob"}
    for metrics in evaluating.values(context.results).values():
        assert metrics.keys() == {"mcd", "mel_l1"}
        for rows in metrics.values():
            assert list(rows) == ["model", "griffin_lim", "untrained"]
            assert rows["griffin_lim"] == rows["untrained"] > 0
        # Loudness is the cepstrum's zeroth coefficient, which distortion leaves out.
        assert metrics["mcd"]["model"] == pytest.approx(metrics["mcd"]["griffin_lim"], abs=0.01)
        excess = metrics["mel_l1"]["model"] - metrics["mel_l1"]["griffin_lim"]
        assert 0.5 < excess < np.log(3) + 0.01
    clips = store.domain("test", "bob")
    wave = torch.from_numpy(clips.wave(1))
    kept, rate = soundfile.read(tmp_path / "bob/1_target.wav", dtype="float32")
    assert rate == 8000
    np.testing.assert_allclose(kept, wave[: len(kept)], atol=1 / 32768)
    assert {path.name for path in (tmp_path / "ann").iterdir()} == {
        f"{number}{ending}"
        for number in (0, 1)
        for ending in (".png", ".json", "_target.wav", "_model.wav", "_griffin_lim.wav")
    }


def test_the_figures_by_another_way(store, tmp_path):
    griffin = Classical(CONVENTION)
    context = evaluating.context(griffin, store, tmp_path, "ann")
    evaluate_vocoder(context)
    clips, found = store.domain("test", "ann"), []
    for index in range(len(clips)):
        wave = torch.from_numpy(clips.wave(index))
        truth = log_mel(wave[: len(wave) // 64 * 64], CONVENTION)
        again = log_mel(griffin.vocode(truth[None])[0], CONVENTION)
        found.append((mel_cepstral_distortion(again, truth), float((again - truth).abs().mean())))
    rows = evaluating.values(context.results)["ann"]
    expected = np.mean(found, axis=0)
    assert [rows["mcd"]["model"], rows["mel_l1"]["model"]] == pytest.approx(expected, abs=1e-4)


def test_a_converter_is_measured_through_the_vocoder_that_is_given(store, tmp_path):
    model, results = Same().eval(), []
    for vocoder in (None, GriffinLim(CONVENTION), Silence(CONVENTION)):
        context = evaluating.context(model, store, tmp_path, vocoder=vocoder)
        evaluate_converter(context)
        results.append(evaluating.values(context.results)["ann_to_bob"]["mcd"])
    by_default, classical, silent = results
    assert by_default == classical
    assert silent["copy_synthesis"] == silent["model"] != classical["model"]


def test_a_vocoder_of_other_frames_is_refused(store, tmp_path):
    other = Classical(tiny.CONVENTION)
    with pytest.raises(UserError, match="mels: expected 16, found 32"):
        evaluate_converter(evaluating.context(Same(), store, tmp_path, vocoder=other))
    with pytest.raises(UserError, match="mels: expected 16, found 32"):
        evaluate_vocoder(evaluating.context(other, store, tmp_path, "ann"))


def test_the_stage_takes_the_vocoder_that_the_parameters_name(in_folder, raw_sounds, monkeypatch):
    import exported
    import yaml

    from pipeline.datasets.prepare import prepare

    runs = tiny.runs()
    heard = tiny.shrink(runs["hifigan"], data="voices", domains=["ann", "bob"])
    swap = tiny.shrink(runs["voice_cyclegan"], data="voices", source="ann", target="bob")
    models = {"swap": swap.model_dump(mode="json"), "hifigan": heard.model_dump(mode="json")}
    data = raw_sounds.model_dump(mode="json")
    text = {"seed": 1, "datasets": {"voices": data}, "models": models, "vocoder": "hifigan"}
    (in_folder / "params.yaml").write_text(yaml.safe_dump(text), encoding="utf-8")
    for name, run in (("swap", swap), ("hifigan", heard)):
        exported.export_one(in_folder / "data/models" / name, run)
    prepare(raw_sounds, in_folder / "data/prepared/voices", workers=1)
    seen: list[object] = []

    def stand_in(finished, store, networks, out, told):
        seen.append(networks.vocoder)
        return Results()

    monkeypatch.setattr(evaluate_stage, "evaluate", stand_in)
    evaluate_stage.main("swap")
    assert isinstance(seen[0], Vocoder)
    assert read_results(in_folder / "data/evaluation/swap/results.json") == Results()
    assert json.loads((in_folder / "data/metrics/swap.json").read_text()) == {}
    record = json.loads((in_folder / "data/logs/swap/evaluation.json").read_text())
    facts = {"finished", "seconds", "commit", "dirty", "weights", "machine", "results"}
    assert record.keys() == facts
    (in_folder / "params.yaml").write_text(yaml.safe_dump({**text, "vocoder": None}))
    evaluate_stage.main("swap")
    assert seen[1] is None
