"""params.yaml: the shipped one holds, and each mistake is refused in words that help."""

from pathlib import Path
from typing import Any

import pytest
import shipped
import tiny
import yaml

from pipeline.errors import UserError
from pipeline.methods.registry import load_run
from pipeline.params import EvaluationParams, Params, load_params
from pipeline.samples import DatasetSpec

GOOD: dict[str, Any] = {
    "seed": 1,
    "datasets": {"digits": {"kind": "digits"}, "voices": {"kind": "voices"}},
    "classifiers": {"digits": {"data": "digits", "domains": ["digit"], "steps": 3}},
    "models": {
        "swap": {
            "method": "cyclegan",
            "data": "voices",
            "source": "arthur",
            "target": "beatrice",
            "steps": 5,
            "crop": 64,
            "generator": {"kind": "resnet", "width": 8},
        },
        "vae": {"method": "vae", "data": "digits", "domains": ["digit"], "steps": 5},
    },
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The good parameters with another value at a path; None takes the key out."""
    root: dict[str, Any] = yaml.safe_load(yaml.safe_dump(GOOD))
    *parents, last = path.split(".")
    place = root
    for key in parents:
        place = place[key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return root


def write(folder: Path, raw: Any) -> Path:
    path = folder / "params.yaml"
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    return path


def message(folder: Path, raw: Any) -> str:
    with pytest.raises(UserError) as caught:
        load_params(write(folder, raw))
    return str(caught.value)


def test_shipped_parameters_load_and_name_data_that_is_there():
    params = tiny.shipped()
    assert params.models
    assert params.classifiers
    assert {run.data for run in params.models.values()} <= set(params.datasets)


@pytest.mark.parametrize("name", sorted(tiny.shipped().models))
def test_every_shipped_model_builds_at_its_own_size(name):
    run = tiny.shipped().models[name]
    data = tiny.shipped().datasets[run.data]
    specs = {
        domain: spec.model_copy(
            update={
                "height": getattr(data, "size", 80),
                "width": getattr(data, "size", None),
            }
        )
        for domain, spec in tiny.specs_of(run).items()
    }
    method = run.build(DatasetSpec(specs=specs, classes=tiny.classes_of(run)))
    optimised = [
        p for o in method.optimizers().values() for g in o.param_groups for p in g["params"]
    ]
    assert len(optimised) == len(set(optimised))
    assert {p for p in method.parameters() if p.requires_grad} == set(optimised)


def test_every_shipped_classifier_builds():
    for classifier in tiny.shipped().classifiers.values():
        method = classifier.build(tiny.data_of(classifier))
        assert len(method.model.class_names) >= 2


def test_good_parameters_load(tmp_path):
    assert load_params(write(tmp_path, GOOD)) == Params.model_validate(GOOD)


def test_a_block_survives_json(tmp_path):
    for run in [*tiny.shipped().models.values(), *tiny.shipped().classifiers.values()]:
        assert load_run(run.model_dump(mode="json")) == run


@pytest.mark.parametrize(
    ("path", "value", "parts"),
    [
        pytest.param(
            "models.swap.generator.widht",
            8,
            ["models.swap.generator.widht", "no such parameter", "'width'", "blocks", "upsample"],
            id="misspelt key deep inside",
        ),
        pytest.param(
            "models.vae.stesp",
            8,
            ["models.vae.stesp", "did you mean 'steps'?", "latent", "encoder"],
            id="misspelt key of a model",
        ),
        pytest.param(
            "modles", {}, ["modles: no such parameter", "'models'", "datasets"], id="top level"
        ),
        pytest.param(
            "datasets.digits.sise",
            8,
            ["datasets.digits.sise", "did you mean 'size'?"],
            id="misspelt key of a data set",
        ),
        pytest.param(
            "datasets.voices.convention",
            {"hopp": 3},
            ["datasets.voices.convention.hopp", "'hop'", "n_fft"],
            id="misspelt key of a convention",
        ),
        pytest.param(
            "models.vae.encoder",
            {"widht": 3},
            ["models.vae.encoder.widht", "'width'", "norm"],
            id="misspelt key of a block without a kind",
        ),
        pytest.param(
            "models.vae.method",
            "vea",
            ["models.vae.method", "found 'vea'", "cyclegan", "gan", "pix2pix", "vae"],
            id="unknown method",
        ),
        pytest.param(
            "models.swap.generator.kind",
            "transformer",
            ["models.swap.generator.kind", "found 'transformer'", "resnet", "unet"],
            id="unknown backbone",
        ),
        pytest.param(
            "datasets.digits.kind",
            "mnist",
            ["datasets.digits.kind", "found 'mnist'", "digits", "pictures", "sounds"],
            id="unknown kind of data",
        ),
        pytest.param(
            "models.vae.latent",
            0,
            ["models.vae.latent", "found 0", "greater than or equal to 1"],
            id="zero",
        ),
        pytest.param(
            "models.vae.noise",
            -1.0,
            ["models.vae.noise", "found -1.0", "greater than 0"],
            id="<0",
        ),
        pytest.param(
            "models.vae.optimizer",
            {"lr": float("inf")},
            ["models.vae.optimizer.lr", "found inf", "finite"],
            id="infinite learning rate",
        ),
        pytest.param(
            "models.swap.ema",
            {"decay": 1.0},
            ["models.swap.ema.decay", "found 1.0", "less than 1"],
            id="bound",
        ),
        pytest.param(
            "models.swap.loss",
            "focal",
            ["models.swap.loss", "found 'focal'", "least_squares", "wasserstein"],
            id="unknown loss",
        ),
        pytest.param(
            "models.vae.steps",
            "many",
            ["models.vae.steps", "found 'many'", "valid integer"],
            id="wrong type",
        ),
        pytest.param(
            "models.vae.encoder",
            7,
            ["models.vae.encoder: found 7, allowed: a block, as"],
            id="no block",
        ),
        pytest.param("models.vae.steps", None, ["models.vae.steps: missing"], id="missing key"),
        pytest.param("seed", None, ["seed: missing"], id="missing seed"),
        pytest.param("vocoder", "vae", ["vocoder: found 'vae', allowed: none"], id="no vocoder"),
        pytest.param("seed", 2**64, ["seed: found", "less than"], id="seed beyond 63 bits"),
        pytest.param(
            "models.vae.method",
            None,
            [
                "models.vae: missing the key 'method', ",
                ", allowed: 'adain_vc', 'autoencoder', 'code_prior'",
            ],
            id="no method",
        ),
        pytest.param(
            "models.vae.data",
            "digts",
            ["models.vae.data", "found 'digts'", "digits, voices"],
            id="unknown data set",
        ),
        pytest.param(
            "classifiers.digits.data",
            "digts",
            ["classifiers.digits.data", "found 'digts'", "digits, voices"],
            id="unknown data set of a classifier",
        ),
        pytest.param(
            "models.swap.target",
            "arthur",
            ["models.swap: source and target are both 'arthur'"],
            id="source is target",
        ),
        pytest.param(
            "classifiers.digits.domains",
            ["a", "a"],
            ["classifiers.digits: domains names one twice: a, a"],
            id="twice",
        ),
        pytest.param(
            "datasets.voices.convention",
            {"fmax": 20000},
            ["datasets.voices.convention: needs fmin < fmax <= rate / 2"],
            id="convention that does not fit",
        ),
    ],
)
def test_a_mistake_is_named_with_its_path_and_what_is_allowed(tmp_path, path, value, parts):
    text = message(tmp_path, changed(path, value))
    assert "1 mistake(s)" in text
    for part in [str(tmp_path / "params.yaml"), *parts]:
        assert part in text


@pytest.mark.parametrize(
    ("folders", "parts"),
    [
        ({"tran": {"a": "a"}}, ["datasets.own.folders.tran", "found 'tran'", "'train'"]),
        ({"test": {"a": "a"}}, ["datasets.own", "no domain under 'train'"]),
        (
            {"train": {"a": "a"}, "test": {"b": "b"}},
            ["datasets.own", "folders.test has b", "train has only a"],
        ),
        ({"train": {"a/b": "a"}}, ["datasets.own.folders.train.a/b", "found 'a/b'"]),
    ],
)
def test_mistakes_in_folders_are_named(tmp_path, folders, parts):
    raw = {"seed": 1, "datasets": {"own": {"kind": "pictures", "root": ".", "folders": folders}}}
    text = message(tmp_path, raw)
    for part in parts:
        assert part in text


def test_all_mistakes_are_listed_at_once(tmp_path):
    raw = changed("models.vae.stesp", 8)
    raw["models"]["swap"]["generator"]["widht"] = 1
    raw["seed"] = -1
    text = message(tmp_path, raw)
    assert "3 mistake(s)" in text
    for part in ("models.vae.stesp", "models.swap.generator.widht", "seed: found -1"):
        assert part in text


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"expected parameters at .*nowhere\.yaml"):
        load_params(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    "content",
    [
        b"models: [1, {",
        b"\xff\xfe\x00",
        b"a: b: c",
        b"seed: 1\n? [a, b]\n: 2\n",
        b"{a: b}: 1\n",
        b"seed: 2001-99-99\n",
        b"seed: !!int x\n",
    ],
)
def test_what_is_not_yaml_is_refused(tmp_path, content):
    path = tmp_path / "params.yaml"
    path.write_bytes(content)
    with pytest.raises(UserError, match="is not YAML"):
        load_params(path)


@pytest.mark.parametrize("raw", [None, [1, 2], "text", {}])
def test_yaml_of_another_shape_is_refused(tmp_path, raw):
    assert "mistake(s)" in message(tmp_path, raw)


def test_a_key_that_stands_twice_is_refused(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text("seed: 1\ndatasets: {}\nseed: 2\n", encoding="utf-8")
    with pytest.raises(UserError, match="'seed' stands twice"):
        load_params(path)


def test_a_block_may_begin_with_another(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(
        "seed: 1\ndatasets: {d: {kind: digits}}\nmodels:\n"
        "  a: &a {method: vae, data: d, domains: [digit], steps: 5, batch: 4}\n"
        "  b: {<<: *a, steps: 7}\n",
        encoding="utf-8",
    )
    models = load_params(path).models
    assert (models["a"].steps, models["b"].steps, models["b"].batch) == (5, 7, 4)


PRIOR = {"method": "code_prior", "data": "digits", "domains": ["digit"], "steps": 5}
CODES = {"method": "vqvae", "data": "digits", "domains": ["digit"], "steps": 5}


def second_stage(**blocks: Any) -> dict[str, Any]:
    """The good parameters, a VQ-VAE, and blocks that build on something."""
    raw = changed("models.codes", CODES)
    return {**raw, "second_stage": blocks}


def test_models_may_build_on_models_that_build_on_classifiers(tmp_path):
    gan = {**CODES, "method": "vqgan", "perceptual": {"kind": "classifier"}}
    raw = second_stage(
        prior={**PRIOR, "pretrained": "models/gan"}, gan={**gan, "pretrained": "classifiers/digits"}
    )
    params = load_params(write(tmp_path, raw))
    assert params.runs.keys() == {"swap", "vae", "codes", "prior", "gan"}
    assert params.runs["prior"].pretrained == "models/gan"


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        (
            {"prior": {**PRIOR, "pretrained": "models/nothing"}},
            "second_stage.prior.pretrained: found 'models/nothing', allowed: classifiers/digits, "
            "models/codes",
        ),
        ({"prior": {**PRIOR, "pretrained": "models/prior"}}, "found 'models/prior', allowed"),
        ({"codes": {**PRIOR, "pretrained": "models/vae"}}, "found the same name under models"),
        ({"other": CODES}, "second_stage.other.pretrained: found None"),
        ({"prior": {**PRIOR, "pretrained": "codes"}}, "second_stage.prior"),
        ({"prior": PRIOR}, "second_stage.prior"),
        (
            {
                "prior": {**PRIOR, "pretrained": "models/other"},
                "other": {**PRIOR, "pretrained": "models/prior"},
            },
            "second_stage.prior.pretrained: builds on itself: models/prior on models/other on "
            "models/prior",
        ),
        (
            {f"p{n}": {**PRIOR, "pretrained": f"models/p{n + 1}"} for n in range(2000)}
            | {"p2000": {**PRIOR, "pretrained": "models/codes"}},
            "second_stage.p0.pretrained: builds on more than 3 models, one on another: models/p0 "
            "on models/p1 on",
        ),
    ],
)
def test_what_builds_on_nothing_is_refused(tmp_path, blocks, words):
    assert words in message(tmp_path, second_stage(**blocks))


def test_what_builds_on_another_is_not_among_the_others(tmp_path):
    raw = changed("models.codes", CODES)
    raw["models"]["prior"] = {**PRIOR, "pretrained": "models/codes"}
    assert "models.prior: it builds on models/codes, so its place is second_stage" in message(
        tmp_path, raw
    )


def test_pairs_keep_their_colours(tmp_path):
    pairs = {"method": "pix2pix", "data": "voices", "source": "arthur", "target": "beatrice"}
    raw = changed("models.pairs", {**pairs, "steps": 5, "colour": 0.5})
    assert "models.pairs: colour changes one half of a pair alone" in message(tmp_path, raw)


def test_a_classifier_has_the_name_of_its_data_set(tmp_path):
    raw = changed("classifiers.voices", {"data": "digits", "domains": ["digit"], "steps": 3})
    assert "classifiers.voices: a classifier has the name of its data set" in message(tmp_path, raw)


@pytest.mark.parametrize("name", ["a.b", "a b", "$a", "a{b", "a/b", "-a", "a:b", "vaë"])
def test_names_that_dvc_cannot_take_are_refused(tmp_path, name):
    raw = changed("models.codes", CODES)
    raw["models"][name] = CODES
    assert f"models: found the name '{name}', allowed: letters a-z, dig" in message(tmp_path, raw)
    data = {**raw["datasets"], name: {"kind": "digits"}}
    text = message(tmp_path, {**changed("models.codes", CODES), "datasets": data})
    assert f"datasets: found the name '{name}', allowed: letters a-z, digits" in text


def test_names_that_dvc_can_take(tmp_path):
    raw = changed("models.codes", CODES)
    raw["models"] |= dict.fromkeys(["a-b", "_2", "12", "Vae"], CODES)
    load_params(write(tmp_path, raw))


def test_a_model_does_not_take_the_place_of_a_classifiers_curves(tmp_path):
    raw = changed("models.classifier_digits", CODES)
    assert "models.classifier_digits: its curves would lie" in message(tmp_path, raw)
    load_params(write(tmp_path, changed("models.classifier_other", CODES)))
    prior = {**PRIOR, "pretrained": "models/codes"}
    text = message(tmp_path, second_stage(classifier_digits=prior))
    assert "second_stage.classifier_digits: its curves would lie" in text


def test_what_is_trained_has_a_path(tmp_path):
    prior = {**PRIOR, "pretrained": "models/codes"}
    params = load_params(write(tmp_path, second_stage(prior=prior)))
    assert list(params.trained) == [
        "classifiers.digits",
        "models.codes",
        "models.swap",
        "models.vae",
        "second_stage.prior",
    ]
    assert params.trained["second_stage.prior"] is params.runs["prior"]


@pytest.mark.parametrize("folder", shipped.RUNS, ids=lambda folder: folder.name)
def test_each_network_of_evaluation_stands_in_the_file_to_be_found(folder):
    written = yaml.safe_load((folder / "params.yaml").read_text())["evaluation"]
    assert written == EvaluationParams().model_dump()
