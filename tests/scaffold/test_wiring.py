"""What a dvc.yaml lacks of its params.yaml, in words, and what changes it in place."""

from pathlib import Path
from typing import Any

import pytest
import shipped
import tiny
import yaml

from pipeline.errors import UserError
from pipeline.scaffold.fixing import fix
from pipeline.scaffold.wiring import check_run


@pytest.fixture(params=shipped.RUNS, ids=lambda path: path.name)
def copied(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of each shipped folder's params.yaml and dvc.yaml."""
    return shipped.copy_run(request.param, tmp_path)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the root's."""
    return shipped.copy_run(tiny.ROOT, tmp_path)


def params_of(folder: Path) -> dict[str, Any]:
    return yaml.safe_load((folder / "params.yaml").read_text())


def write(folder: Path, params: dict[str, Any]) -> None:
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))


def refused(folder: Path) -> str:
    with pytest.raises(UserError) as caught:
        check_run(folder)
    return str(caught.value)


def replace(folder: Path, old: str, new: str) -> None:
    text = (folder / "dvc.yaml").read_text()
    assert old in text
    (folder / "dvc.yaml").write_text(text.replace(old, new))


# Models' names


def test_renaming_and_back_gives_the_same_file(copied):
    before, params = (copied / "dvc.yaml").read_text(), params_of(copied)
    (first, block), *others = params["models"].items()
    write(copied, {**params, "models": {"other": block, **dict(others)}})
    said = refused(copied)
    for kind in ("models", "evaluation", "curves"):
        assert f"add     - data/{kind}/other\n" in said
        assert f"remove  - data/{kind}/{first}\n" in said
    assert "add     - data/curves/other/plots/metrics: {x: step}" in said
    fix(copied)
    check_run(copied)
    changed = (copied / "dvc.yaml").read_text()
    comments = [line for line in before.splitlines() if "#" in line]
    assert [line for line in changed.splitlines() if "#" in line] == comments
    write(copied, params)
    fix(copied)
    assert sorted((copied / "dvc.yaml").read_text().splitlines()) == sorted(
        line for line in before.splitlines() if f"data/evaluation/{first}/" not in line
    )


def test_a_second_model_stands_behind_the_first(root):
    params = params_of(root)
    write(root, {**params, "models": {**params["models"], "hz": params["models"]["vae"]}})
    fix(root)
    text = (root / "dvc.yaml").read_text()
    assert "      - data/models/dcgan\n      - data/models/hz\n      - data/evaluation/pix" in text
    assert (
        "  - data/curves/dcgan/samples\n  - data/curves/hz/samples\n  - data/evaluation/pix" in text
    )
    assert fix(root) == []


def test_plots_in_blocks_are_changed_whole(root):
    """As `crossdomain new` writes them."""
    replace(root, "dcgan/plots/metrics: {x: step}", "dcgan/plots/metrics:\n      x: step")
    params = params_of(root)
    del params["models"]["dcgan"]
    write(root, params)
    fix(root)
    check_run(root)
    assert "dcgan" not in (root / "dvc.yaml").read_text()
    assert len(yaml.safe_load((root / "dvc.yaml").read_text())["plots"]) == 4 * 2 + 6


def test_plots_of_classifiers_stay(root):
    replace(
        root, "plots:\n", "plots:\n  - data/curves/classifier_digits/plots/metrics: {x: step}\n"
    )
    check_run(root)


def test_lists_on_one_line_are_left_to_the_user(root):
    content = yaml.safe_load((root / "dvc.yaml").read_text())
    (root / "dvc.yaml").write_text(yaml.safe_dump(content, default_flow_style=True))
    params = params_of(root)
    del params["models"]["dcgan"]
    write(root, params)
    with pytest.raises(UserError, match=r"an entry a line in stages\.report\.deps"):
        fix(root)


def test_a_dvc_yaml_without_report_and_plots_lists_no_models(root):
    content = yaml.safe_load((root / "dvc.yaml").read_text())
    del content["stages"]["report"], content["plots"]
    (root / "dvc.yaml").write_text(yaml.safe_dump(content))
    check_run(root)


# What else DVC would say in its own words, or after training


def test_a_block_without_data_is_said_in_words(root):
    params = params_of(root)
    del params["models"]["vae"]["data"]
    write(root, params)
    assert "models.vae.data: missing" in refused(root)


def test_a_data_set_without_a_classifier(root):
    params = params_of(root)
    del params["classifiers"]["digits"]
    write(root, params)
    said = refused(root)
    assert (
        "models.vae: found no classifier of 'digits': add classifiers.digits to params.yaml" in said
    )
    assert "`- data/classifiers/${item.data}` among the deps of evaluate in dvc.yaml" in said


def test_a_classifier_that_evaluation_does_not_wait_for(root):
    replace(root, "        - data/classifiers/${item.data}\n", "")
    assert "models.vae: evaluation asks classifiers.digits: add `- data/cl" in refused(root)


def test_a_vocoder_that_evaluation_does_not_wait_for(tmp_path):
    zoo = shipped.copy_run(tiny.ROOT / "recipes/zoo", tmp_path)
    write(zoo, {**params_of(zoo), "vocoder": "hifigan"})
    said = refused(zoo)
    assert "vocoder: found 'hifigan': add `- data/models/${vocoder}` among the deps of" in said
    replace(
        zoo, "- data/models/${key}\n        - data/c", "- data/models/${vocoder}\n        - data/c"
    )
    check_run(zoo)


def test_parameters_that_evaluation_does_not_follow(root):
    params = params_of(root)
    write(root, {name: block for name, block in params.items() if name != "evaluation"})
    assert "evaluation: missing in params.yaml, but evaluate in dvc.yaml follows" in refused(root)
    write(root, params)
    replace(root, "      params:\n        - evaluation\n", "")
    assert "evaluation: add `- evaluation` among the params of evaluate in dvc.yaml" in refused(
        root
    )


def test_a_group_that_no_stage_runs(root):
    content = yaml.safe_load((root / "dvc.yaml").read_text())
    for name in ("train_second_stage", "evaluate_second_stage"):
        del content["stages"][name]
    (root / "dvc.yaml").write_text(yaml.safe_dump(content))
    check_run(root)
    params = params_of(root)
    zoo = yaml.safe_load((tiny.ROOT / "recipes/zoo/params.yaml").read_text())
    write(root, {**params, "second_stage": {"vit": zoo["second_stage"]["vit_vqgan"]}})
    assert "second_stage: no stage of dvc.yaml runs these blocks (vit)" in refused(root)


def test_a_run_that_does_not_fit_its_data(root):
    params = params_of(root)
    params["models"]["cyclegan"]["source"] = "hrose"
    write(root, params)
    assert "found no domain 'hrose', allowed: horse, zebra, scene, labels" in refused(root)


def test_a_group_that_is_missing(root):
    params = params_of(root)
    del params["second_stage"]
    write(root, params)
    assert "second_stage: missing in params.yaml, but evaluate_second_stage in" in refused(root)


def test_a_key_that_a_stage_asks_for(tmp_path):
    folder = shipped.copy_run(tiny.ROOT / "recipes/fsdd", tmp_path)
    params = params_of(folder)
    write(folder, {**params, "datasets": {**params["datasets"], "digits": {"kind": "digits"}}})
    assert "datasets.digits.root: missing in params.yaml, but prepare in dvc.yaml" in refused(
        folder
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there is no such file"),
        ("a: [", "is not YAML"),
        ("plots: []", "expected the key stages"),
    ],
)
def test_a_damaged_dvc_yaml_is_named(root, content, words):
    (root / "dvc.yaml").unlink()
    if content is not None:
        (root / "dvc.yaml").write_text(content)
    assert words in refused(root)
