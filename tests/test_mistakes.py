"""Keys of other libraries, and what stands where a block should: each is said in our words."""

from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.methods.cyclegan import CycleGANParams
from pipeline.methods.vae import VAEParams
from pipeline.mistakes import MEANT, OTHER_NAMES, describe, keys_of
from pipeline.params import Params

VAE: dict[str, Any] = {"method": "vae", "data": "d", "domains": ["x"], "steps": 1}
PAIR: dict[str, Any] = {"method": "cyclegan", "data": "d", "source": "a", "target": "b", "steps": 1}


def mistakes(model: Any, raw: Any) -> list[str]:
    with pytest.raises(ValidationError) as error:
        model.model_validate(raw)
    return [describe(dict(found), model) for found in error.value.errors()]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"optimizer": {"rate": 1e-3}}, "optimizer.rate: no such parameter (did you mean 'lr'?);"),
        ({"optimizer": {"learning_rate": 1e-3}}, "(did you mean 'lr'?)"),
        ({"optimizer": {"betas": [0.5, 0.9]}}, "(did you mean 'beta1' or 'beta2'?)"),
        ({"optimizer": {"weight_decay": 0.1}}, "(a key of 'adamw');"),
        ({"optimizer": {"wd": 0.1}}, "(a key of 'adamw');"),
        ({"optimizer": {"kind": "adamw", "wd": 0.1}}, "(did you mean 'weight_decay'?)"),
        ({"batch_size": 3}, "batch_size: no such parameter (did you mean 'batch'?)"),
        ({"batch-size": 3}, "(did you mean 'batch'?)"),
        ({"epochs": 3}, "(did you mean 'steps'?)"),
        ({"iterations": 3}, "(did you mean 'steps'?)"),
        ({"dataset": "d"}, "(did you mean 'data'?)"),
        ({"encodr": {}}, "(did you mean 'encoder'?)"),
        ({"z_dim": 3}, "(did you mean 'latent'?)"),
        ({"lr": 1e-3}, "lr: no such parameter (did you mean 'optimizer.lr'?)"),
        ({"learning_rate": 1e-3}, "(did you mean 'optimizer.lr'?)"),
        (
            {"width": 3},
            "(did you mean 'encoder.width' or 'decoder.width' or 'total_correlation.width'?)",
        ),
        ({"n_epochs": 3}, "(did you mean 'steps'?)"),
        ({"xyz": 3}, "xyz: no such parameter; allowed: data, steps"),
        ({"steps": True}, "steps: found true, allowed: a number"),
        ({"noise": False}, "noise: found false, allowed: a number"),
        ({"ema": {"decay": True}}, "decay: found true, allowed: a number"),
        ({"domains": []}, "domains: found [], allowed: 1 or more"),
    ],
)
def test_a_key_of_another_library_is_led_to_ours(fields, words):
    (found,) = mistakes(VAEParams, {**VAE, **fields})
    assert words in found


def test_every_key_that_is_hinted_at_is_one_of_ours():
    def below(kind: Any, found: set[str]) -> set[str]:
        for member in [kind] if hasattr(kind, "model_fields") else getattr(kind, "__args__", ()):
            for name, field in getattr(member, "model_fields", {}).items():
                found.add(name)
                below(field.annotation, found)
            if not hasattr(member, "model_fields"):
                below(member, found)
        return found

    ours = below(Params, set())
    assert {name for names in MEANT for name in names.split()} <= ours
    assert set(keys_of(VAEParams)) <= ours
    assert OTHER_NAMES["rate"] == ("lr",)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"ema": 0.99}, "ema: found 0.99, allowed: a block of decay, start, as in {decay: 0.99}"),
        ({"schedule": None}, "schedule: found nothing, allowed: a block of kind, hold, gamma"),
        (
            {"generator": "unet"},
            "generator: found 'unet', allowed: a block, as in {kind: unet}, kind one of 'latent'",
        ),
        ({"generator": None}, "generator: found nothing, allowed: a block, as in {kind: latent}"),
        ({"penalty": {}}, "penalty: missing the key 'kind', allowed: 'none', 'gradient', "),
        ({"steps": None}, "steps: found nothing, but input should be a valid integer"),
    ],
)
def test_what_is_no_block_is_told_which_would_be(fields, words):
    (found,) = mistakes(CycleGANParams, {**PAIR, **fields})
    assert words in found


@pytest.mark.parametrize(
    ("domains", "words"),
    [
        ("digit", "domains: found 'digit', allowed: a list, as in [digit]"),
        (None, "domains: found nothing, allowed: a list"),
    ],
)
def test_what_is_no_list_is_told_how_one_is_written(domains, words):
    assert mistakes(VAEParams, {**VAE, "domains": domains}) == [words]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"models": None}, "models: found nothing, allowed: a block of names, or {} for none"),
        (
            {"models": {"cyclegan": None}},
            "models.cyclegan: found nothing, allowed: a block, as in {method: adain_vc}, "
            "method one of 'adain_vc', 'autoencoder'",
        ),
        (
            {"models": {"own": {"data": "d"}}},
            "models.own: missing the key 'method', allowed: 'adain_vc', 'autoencoder'",
        ),
        ({"models": {7: VAE}}, "models: YAML reads the name 7 as no text: write it in quotes"),
        ({"models": {False: VAE}}, "models: YAML reads the name False as no text"),
        (
            {"datasets": {"own": {"kind": "corpus", "root": ".", "speakers": ["a"]}}},
            "datasets.own.corpus: missing, allowed: 'vcc2016', 'vcc2018', 'arctic'",
        ),
        ({"datasets": {"own": {}}}, "datasets.own: missing the key 'kind', allowed: 'corpus', "),
    ],
)
def test_groups_of_blocks_in_words(raw, words):
    (found,) = mistakes(Params, {"seed": 1, "datasets": {}, **raw})
    assert found.startswith(words)


def test_a_file_without_anything_in_words():
    (found,) = mistakes(Params, None)
    assert found.startswith("(the whole file): found nothing, allowed: a block of seed, datasets")
