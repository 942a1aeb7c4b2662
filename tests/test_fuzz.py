"""Files changed at random give a result or words; ``tests/fuzz.py`` reads many more."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import tiny
import yaml
from fuzz import fuzz, kinds
from PIL import Image
from strangers import bounded

from pipeline.codecs import sound_files
from pipeline.codecs.image import MOST_PIXELS, read_picture
from pipeline.codecs.mel import read_wave
from pipeline.datasets.store import Store
from pipeline.errors import UserError
from pipeline.params import load_params
from pipeline.scaffold.fitting import misfits

COUNTS = {"params.yaml": 20, "params.json": 60, "codec.json": 60, "checkpoint": 110}


@pytest.mark.parametrize("name", kinds(Path()))
@pytest.mark.filterwarnings("ignore")
def test_files_changed_at_random_give_a_result_or_words(tmp_path, name):
    kind = kinds(tmp_path / "good")[name]()
    found = fuzz(kind, COUNTS.get(name, 150), 0, tmp_path)
    assert not [each.problem for each in found]


# What was found


def test_sound_that_overflows_is_refused(tmp_path):
    square = np.where(np.arange(3000) // 20 % 2, 3.4e38, -3.4e38).astype(np.float32)
    loud = np.stack([square, square], axis=1)  # whose mean is their sum first
    soundfile.write(tmp_path / "x.wav", loud, 8000, subtype="FLOAT")
    with pytest.raises(ValueError, match="not numbers"):
        read_wave(tmp_path / "x.wav", 8000)


def test_sound_that_overflows_when_it_is_resampled_is_refused(tmp_path):
    square = np.where(np.arange(3000) // 20 % 2, 3.4e38, -3.4e38).astype(np.float32)
    soundfile.write(tmp_path / "x.wav", square, 8000, subtype="FLOAT")
    with pytest.raises(ValueError, match="not numbers"):
        read_wave(tmp_path / "x.wav", 16_000)


@pytest.mark.parametrize("rate", [1, 999, 2**30])
def test_sound_of_no_recorders_rate_is_refused(tmp_path, rate):
    soundfile.write(tmp_path / "x.wav", np.zeros(1000), rate)
    with bounded(), pytest.raises(ValueError, match="samples a second, allowed"):
        read_wave(tmp_path / "x.wav", 16_000)


def test_hours_of_silence_in_a_small_file_are_refused(tmp_path):
    with soundfile.SoundFile(tmp_path / "x.flac", "w", 8000, 1) as file:
        for _ in range(140):
            file.write(np.zeros(2**20, np.int16))
    assert (tmp_path / "x.flac").stat().st_size < 2**20
    with bounded(), pytest.raises(ValueError, match="cut it into several files"):
        read_wave(tmp_path / "x.flac", 8000)


def test_a_recording_is_the_same_in_blocks(tmp_path, monkeypatch):
    wave = np.random.default_rng(0).normal(0, 0.1, (200_000, 2)).astype(np.float32)
    soundfile.write(tmp_path / "x.wav", wave, 8000, subtype="FLOAT")
    whole = read_wave(tmp_path / "x.wav", 8000)
    monkeypatch.setattr(sound_files, "BLOCK", 2**14)
    np.testing.assert_allclose(read_wave(tmp_path / "x.wav", 8000), whole, atol=1e-6)


@pytest.mark.filterwarnings("ignore")
def test_a_picture_of_too_many_pixels_is_refused(tmp_path):
    Image.new("1", (10_000, MOST_PIXELS // 10_000 + 1)).save(tmp_path / "x.png")
    assert (tmp_path / "x.png").stat().st_size < 2**16
    with bounded(), pytest.raises(ValueError, match="too large: 10000x6001 pixels"):
        read_picture(tmp_path / "x.png")


@pytest.mark.parametrize(
    ("key", "value"), [("domains", {}), ("codec", {"kind": "image", "size": 16, "channels": {}})]
)
def test_a_store_without_its_domains_is_refused(tmp_path, digits_store, key, value):
    raw = digits_store.meta.model_dump(mode="json") | {key: value}
    (tmp_path / "meta.json").write_text(yaml.safe_dump(raw, default_flow_style=True, width=10**9))
    with pytest.raises(UserError):
        Store(tmp_path)


@pytest.mark.parametrize("content", ["[" * 10**5, '{"format": NaN}', "\xff", "[" + "0," * 10**6])
def test_a_store_whose_description_is_none_is_refused(tmp_path, content):
    (tmp_path / "meta.json").write_text(content, encoding="latin-1")
    with bounded(), pytest.raises(UserError, match=r"meta\.json"):
        Store(tmp_path)


def test_a_run_on_a_model_of_no_such_domain_does_not_fit(tmp_path):
    raw = yaml.safe_load((tiny.ROOT / "recipes/zoo/params.yaml").read_text())
    raw["models"]["vqvae"]["domains"] = ["nowhere"]
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(raw))
    found = list(misfits(load_params(tmp_path / "params.yaml")))
    assert [each.partition(" ")[0] for each in found] == ["models.vqvae", "second_stage.code_prior"]
    assert all("found no domain 'nowhere'" in each for each in found)
