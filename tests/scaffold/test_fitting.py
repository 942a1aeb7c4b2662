"""What cannot be trained is named from the parameters alone."""

from typing import Any

import pytest
import tiny
import yaml

from pipeline.params import Params, load_params
from pipeline.scaffold.fitting import misfits

ROOT: dict[str, Any] = yaml.safe_load((tiny.ROOT / "params.yaml").read_text())
ZOO: dict[str, Any] = yaml.safe_load((tiny.ROOT / "recipes/zoo/params.yaml").read_text())
ROOT["datasets"]["voices"] = {"kind": "voices"}  # as mel spectrograms, which most models learn
ROOT["models"]["voice_cyclegan"] = ZOO["models"]["voice_cyclegan"]


def found(datasets: dict[str, Any], **models: Any) -> list[str]:
    """What is said of a params.yaml with ``datasets`` changed and these models alone."""
    raw = {**ROOT, "classifiers": {}, "models": models}
    raw["datasets"] = {
        name: block | datasets.get(name, {}) for name, block in ROOT["datasets"].items()
    }
    return list(misfits(Params.model_validate(raw)))


@pytest.mark.parametrize(
    "path", sorted(tiny.ROOT.rglob("params.yaml")), ids=lambda p: p.parent.name
)
def test_what_is_shipped_fits(path):
    assert not list(misfits(load_params(path)))


@pytest.mark.parametrize(
    ("name", "changes", "datasets", "reason"),
    [
        pytest.param(
            "cyclegan",
            {"source": "hrose"},
            {},
            "found no domain 'hrose', allowed: horse, zebra, scene, labels",
            id="a misspelt domain",
        ),
        pytest.param(
            "pix2pix",
            {"source": "grey"},
            {},
            "found no domain 'grey', allowed: horse, zebra, scene, labels",
            id="a view that is not drawn",
        ),
        pytest.param("dcgan", {"domains": ["digits"]}, {}, "allowed: digit", id="digits"),
        pytest.param("voice_cyclegan", {"crop": None}, {}, "sound needs 'crop'", id="no crop"),
        pytest.param(
            "cyclegan",
            {"crop": 96},
            {},
            "pictures of 64 pixels are smaller than the crop of 96",
            id="a crop of more than there is",
        ),
        pytest.param(
            "voice_cyclegan", {"crop": 50}, {}, "takes multiples of 4", id="a crop of odd parts"
        ),
        pytest.param("voice_cyclegan", {"flip": True}, {}, "flip mirrors pictures", id="flip"),
        pytest.param("voice_cyclegan", {"resize": 80}, {}, "resize scales pictures", id="resize"),
        pytest.param("voice_cyclegan", {"colour": 0.5}, {}, "colour changes pictures", id="colour"),
        pytest.param(
            "voice_cyclegan",
            {"diffaugment": ["translation", "colour"]},
            {},
            "diffaugment: found 'colour', which spectrograms have none of",
            id="what the discriminator sees in colour",
        ),
        pytest.param(
            "dcgan", {}, {"digits": {"size": 36}}, "36", id="a size that networks can't halve"
        ),
        pytest.param("pix2pix", {}, {"savanna": {"size": 100}}, "100x100", id="a depth too many"),
        pytest.param(
            "cyclegan", {"data": "voices", "crop": 64}, {}, "allowed: arthur, beatrice", id="data"
        ),
    ],
)
def test_what_does_not_fit_its_data_is_named(name, changes, datasets, reason):
    block = ROOT["models"][name] | changes
    (said,) = found(datasets, **{name: block})
    assert said.startswith(f"models.{name} can't learn from datasets.{block['data']}: ")
    assert reason in said


def test_domains_that_can_not_be_aligned_are_no_pairs():
    pairs = ROOT["models"]["pix2pix"] | {"source": "horse", "target": "zebra"}
    (said,) = found({}, pairs=pairs)
    assert "horse and zebra are not aligned in training" in said
    assert not found({}, pairs=pairs | {"source": "labels", "target": "scene"})


def test_what_would_never_begin_is_named():
    vqgan = ZOO["second_stage"]["vqgan"] | {"perceptual": {"kind": "none"}}
    del vqgan["pretrained"]
    (said,) = found({}, vqgan=vqgan | {"discriminator_start": vqgan["steps"]})
    assert "discriminator_start: found 550, allowed: below its 550 steps" in said
    assert not found({}, vqgan=vqgan)


def test_chunks_of_sound_have_to_fit_their_classifier():
    voice = {"method": "vae", "data": "voices", "domains": ["arthur"], "steps": 1}
    for crop, fits in ((8, False), (64, True)):
        raw = {**ROOT, "models": {"voice": voice | {"crop": crop}}}
        said = list(misfits(Params.model_validate(raw)))
        assert (said == []) == fits
        assert fits or "classifiers.voices can't evaluate it: " in said[0]


def test_a_classifiers_domains_have_to_be_there():
    voice = {"method": "vae", "data": "voices", "domains": ["arthur"], "steps": 1, "crop": 64}
    classifier = ROOT["classifiers"]["voices"] | {"domains": ["ar-hur", "beatrice"]}
    classifiers = {**ROOT["classifiers"], "voices": classifier}
    raw = {**ROOT, "models": {"voice": voice}, "classifiers": classifiers}
    said = " ".join(misfits(Params.model_validate(raw)))
    assert "classifiers.voices can't evaluate it: found no domain 'ar-hur'" in said


def test_classes_have_to_be_there():
    horse = {
        **ROOT["models"]["dcgan"],
        "data": "savanna",
        "domains": ["horse"],
        "conditional": True,
    }
    (said,) = found({}, horse=horse)
    assert "conditional: horse has no classes" in said
    assert not found({}, both=horse | {"domains": ["horse", "zebra"]})


@pytest.mark.parametrize(
    ("data", "changes", "reason"),
    [
        ("digits", {"domains": ["digit"]}, "these are pictures: a vocoder learns from sound"),
        ("voices", {}, "set keep_audio: true"),
        ("voices", {"convention": {"fmax": 7000}}, "fmax: expected 7000.0, found 8000.0"),
    ],
)
def test_a_vocoder_needs_sound_of_its_convention(data, changes, reason):
    block = {"method": "hifigan", "data": data, "domains": ["arthur"], "steps": 1, "crop": 32}
    (said,) = found({}, vocoder=block | changes)
    assert reason in said
    if data == "voices" and not changes:
        assert not found({"voices": {"keep_audio": True}}, vocoder=block)


@pytest.mark.parametrize(
    ("name", "pretrained", "reason"),
    [
        ("code_prior", "models/beta_vae", "models/beta_vae has no codes"),
        ("code_prior", "models/vqvae_scenes", "models/vqvae_scenes codes samples of"),
        ("vqgan", "classifiers/voices", "classifiers/voices has seen samples of 1 channels"),
    ],
)
def test_what_a_second_stage_builds_on_has_to_fit_it(name, pretrained, reason):
    zoo = load_params(tiny.ROOT / "recipes/zoo/params.yaml")
    run = zoo.second_stage[name].model_copy(update={"pretrained": pretrained})
    (said,) = misfits(zoo.model_copy(update={"second_stage": {name: run}}))
    assert said.startswith(f"second_stage.{name} can't learn from datasets.{run.data}: ")
    assert reason in said


def test_features_of_world_are_for_translation():
    cepstra = {"kind": "world", "rate": 22_050, "features": "mel_cepstrum"}
    voices = {"voices": {"convention": cepstra}}
    pair = {"data": "voices", "source": "arthur", "target": "beatrice", "steps": 1, "crop": 128}
    published = {"method": "mask_cyclegan_vc", "mask_frames": 0, **pair}
    assert not found(voices, published=published, cyclegan={"method": "cyclegan", **pair})
    (said,) = found(voices, stretched=published | {"stretch": 1.2})
    assert "stretch: found 1.2, allowed: 1, for mel-cepstra are no bands" in said
    inca = {"method": "inca", **pair, "discriminator_start": 0}
    (said,) = found(voices, inca=inca)
    assert "pooled_rows: found 4, allowed: 1, for mel-cepstra are no bands" in said
    assert not found(voices, inca=inca | {"pooled_rows": 1})
    bands = {"voices": {"convention": {"kind": "world", "rate": 22_050}}}
    assert not found(bands, stretched=published | {"stretch": 1.2}, inca=inca)
    even = {"voices": {"convention": cepstra | {"coefficients": 32}}}
    vae = {"method": "vae", "data": "voices", "domains": ["arthur"], "steps": 1, "crop": 32}
    (said,) = found(even, drawn=vae)
    assert "samples of WORLD's features have no pitch of their own" in said
    (said,) = found(voices, vocoder=ZOO["models"]["hifigan"])
    assert "its frames are of another convention: kind: expected mel, found world" in said
