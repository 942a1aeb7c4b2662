"""The networks that evaluation measures with, loaded from their folders."""

from pathlib import Path

import exported
import pytest
import tiny
import torch

from pipeline.capabilities import Classifier, Vocoder
from pipeline.codecs import WorldCodec
from pipeline.errors import UserError
from pipeline.evaluation import loading as module
from pipeline.evaluation.judges import Panel
from pipeline.evaluation.loading import NOT_GIVEN, load_networks
from pipeline.inference.finished import load


@pytest.fixture
def asked(monkeypatch):
    """Keep what the judges of voices were asked for; none of them is loaded."""
    calls = []
    monkeypatch.setattr(module, "load_panel", lambda **given: calls.append(given) or Panel())
    return calls


def test_pictures_need_no_judges_of_voices_and_sound_none_of_pictures(asked, monkeypatch):
    def missing() -> None:
        raise UserError("not installed: the network")

    monkeypatch.setattr(module, "load_efficientnet", missing)
    runs = tiny.runs()
    pictures = load_networks(tiny.codec_of(runs["cyclegan"]))
    assert pictures.pictures is None
    assert pictures.missing["pictures"] == "not installed: the network"
    for name in ("inception", "clip", "lpips"):
        assert pictures.missing[name] == NOT_GIVEN.format(name=name)
    assert not asked
    load_networks(tiny.codec_of(runs["voice_cyclegan"]), whisper="small.en", language="de")
    assert asked == [{"whisper": "small.en", "language": "de"}]


def test_classifier_and_vocoder_come_with_their_checksums(asked, tmp_path):
    runs = tiny.runs()
    for name in ("classifier_voices", "hifigan"):
        exported.export_one(tmp_path / name, runs[name])
    codec = tiny.codec_of(runs["voice_cyclegan"])
    classifier, vocoder = tmp_path / "classifier_voices", tmp_path / "hifigan"
    found = load_networks(codec, classifier=classifier, vocoder=vocoder)
    assert isinstance(found.classifier, Classifier)
    assert isinstance(found.vocoder, Vocoder)
    assert found.classifier_data == "voices"
    assert found.classifier_checksum == load(classifier).card.weights
    assert found.vocoder_name == f"hifigan, {load(vocoder).card.weights}"
    assert load_networks(codec).vocoder_name == "Griffin-Lim"
    assert load_networks(WorldCodec(statistics={})).vocoder_name == "WORLD"
    with pytest.raises(UserError, match="can't classify"):
        load_networks(codec, classifier=vocoder)
    with pytest.raises(UserError, match="can't turn mel frames into sound"):
        load_networks(codec, vocoder=classifier)


def test_weights_that_are_given_and_are_not_there_are_an_error(tmp_path):
    codec = tiny.codec_of(tiny.runs()["cyclegan"])
    with pytest.raises(UserError, match=r"no\.pth can't be read"):
        load_networks(codec, inception=str(tmp_path / "no.pth"))
    with pytest.raises(UserError, match=r"no\.pth can't be read"):
        load_networks(codec, lpips=str(tmp_path / "no.pth"))


def test_cached_weights_are_those_that_torch_hub_keeps(tmp_path, monkeypatch):
    codec = tiny.codec_of(tiny.runs()["cyclegan"])
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    for name in ("inception", "clip", "lpips"):
        with pytest.raises(UserError, match=r"hub/checkpoints/.*\.pth? can't be read"):
            load_networks(codec, **{name: "cached"})
    monkeypatch.setattr(module, "load_inception", lambda weights: weights)
    assert load_networks(codec, inception="cached").inception is None
    assert load_networks(codec, inception="./cached").inception == Path("cached")  # a file's name
