"""`crossdomain new`: what it chooses, what it writes, and what it refuses."""

import shutil
from pathlib import Path

import processes
import pytest
import tiny
import torch
import yaml
from click.testing import Result
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.datasets.prepare import prepare
from pipeline.datasets.store import Store
from pipeline.params import Params, load_params
from pipeline.scaffold.cost import measure, random_batch
from pipeline.scaffold.fitting import misfits
from pipeline.scaffold.material import gather
from pipeline.scaffold.plan import choose
from pipeline.scaffold.wiring import check_run
from pipeline.scaffold.writing import write_recipe
from pipeline.training.readers import reader_of
from pipeline.training.train import set_up


@pytest.fixture
def project(in_folder: Path) -> Path:
    """A folder that looks like the project's, with folders of every sort beside it."""
    for name in ("pipeline", "stages", "recipes"):
        (in_folder / name).mkdir()
    shutil.copy(tiny.ROOT / "dvc.yaml", in_folder)
    for number in range(4):
        tiny.write_picture(in_folder / f"raw/labels/{number}.png", number, 70, 80)
        tiny.write_picture(in_folder / f"raw/photos/{number}.jpg", number + 9, 70, 80)
        tiny.write_picture(in_folder / f"raw/zebra/z{number}.png", number, 150, 140)
        tiny.write_sound(in_folder / f"raw/ann/{number}.wav", number, 1.0)
        tiny.write_sound(in_folder / f"raw/bob/b{number}.flac", number, 1.2, rate=16_000)
    return in_folder


def new(name: str, *arguments: object, estimate: bool = False) -> Result:
    measuring = "--estimate" if estimate else "--no-estimate"
    return CliRunner().invoke(app, ["new", name, *map(str, arguments), measuring])


def written(name: str, *arguments: object) -> Params:
    result = new(name, *arguments)
    assert result.exit_code == 0, result.output
    return load_params(Path("recipes") / name / "params.yaml")


def refused(name: str, *arguments: object) -> str:
    before = sorted(Path().rglob("*"))
    result = new(name, *arguments)
    assert result.exit_code == 1, result.output
    assert sorted(Path().rglob("*")) == before
    return result.stderr


PAIRS = ("--a", "raw/labels", "--b", "raw/photos")
UNPAIRED = ("--a", "raw/photos", "--b", "raw/zebra")
VOICES = ("--a", "raw/ann", "--b", "raw/bob")
ALONE = ("--a", "raw/photos")
CASES = {"pairs": PAIRS, "unpaired": UNPAIRED, "voices": VOICES, "alone": ALONE}


# What is chosen


def test_equal_names_are_pairs(project):
    params = written("mine", *PAIRS)
    model = params.models["mine"]
    assert (model.method, model.source, model.target) == ("pix2pix", "labels", "photos")
    assert not params.classifiers
    assert params.datasets["mine"].size == 64
    assert params.datasets["mine"].holdout == 0.1


def test_other_names_are_two_domains(project):
    params = written("mine", *UNPAIRED)
    assert params.models["mine"].method == "cyclegan"
    assert params.classifiers["mine"].domains == ("photos", "zebra")


def test_voices_get_a_crop_and_a_classifier(project):
    params = written("mine", *VOICES)
    assert params.datasets["mine"].kind == "sounds"
    assert params.models["mine"].crop == params.classifiers["mine"].crop == 128


@pytest.mark.parametrize(("task", "view"), [("colour", "grey"), ("edges", "edges")])
def test_one_folder_is_paired_with_its_view(project, task, view):
    params = written("mine", *ALONE, "--task", task)
    assert params.datasets["mine"].views == (view,)
    model = params.models["mine"]
    assert (model.method, model.source, model.target) == ("pix2pix", view, "photos")


def test_a_test_set_of_ones_own_is_used(project):
    for split in ("train", "val"):
        for number in range(2):
            tiny.write_picture(project / f"raw/holiday/{split}/{split}{number}.png", number, 64, 64)
    data = written("mine", "--a", "raw/holiday").datasets["mine"]
    assert data.folders == {
        "train": {"holiday": "../../raw/holiday/train"},
        "test": {"holiday": "../../raw/holiday/val"},
    }
    assert data.holdout == 0


def test_of_few_steps_every_part_of_a_training_begins(project):
    params = written("mine", *VOICES, "--steps", 2)
    assert params.models["mine"].starts == {"discriminator_start": 1}
    assert not list(misfits(params))


@pytest.mark.parametrize("case", CASES)
def test_batches_are_no_larger_than_what_is_left_to_train_with(project, case, monkeypatch):
    params = written("mine", *CASES[case])
    monkeypatch.chdir("recipes/mine")
    prepare(params.datasets["mine"], Path("store"), workers=1)
    for run in [*params.classifiers.values(), *params.models.values()]:
        reader_of(Store(Path("store")), run, seed=1, device=torch.device("cpu"))(0)


def test_size_follows_the_smallest_or_the_option(project):
    assert written("one", "--a", "raw/zebra").datasets["one"].size == 128
    assert written("two", *UNPAIRED).datasets["two"].size == 64  # photos have 70 pixels
    params = written("three", "--a", "raw/zebra", "--size", 96)
    assert params.datasets["three"].size == 96
    assert params.models["three"].generator.depth == 5


def test_short_clips_get_a_shorter_crop(project):
    for number in range(4):
        tiny.write_sound(project / f"raw/short/{number}.wav", number, 0.4)
    assert written("mine", "--a", "raw/ann", "--b", "raw/short").models["mine"].crop == 64


def test_steps_govern_the_classifier_too(project):
    usual = written("usual", *UNPAIRED)
    few = written("few", *UNPAIRED, "--steps", 26)
    assert few.models["few"].steps == 26
    share = 4 * 26 / usual.models["usual"].steps
    assert few.classifiers["few"].steps == round(share * usual.classifiers["usual"].steps)
    many = written("many", *UNPAIRED, "--steps", 400)
    # A classifier that knows nothing tells nothing.
    assert many.classifiers["many"].steps == usual.classifiers["usual"].steps
    assert few.models["few"].log_every < 26
    assert few.models["few"].checkpoint_every < 26
    least = written("least", *UNPAIRED, "--steps", 1)
    assert least.models["least"].log_every == least.classifiers["least"].steps == 1


@pytest.mark.parametrize("gpu", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_every_choice_builds(project, case, gpu):
    roots = [Path(root) for root in CASES[case][1::2]]
    material = gather(roots)
    folders = {s: {d: str(at) for d, at in ds.items()} for s, ds in material.folders.items()}
    recipe = choose("mine", material, folders, gpu=gpu)
    write_recipe(recipe, project / "recipes/mine", project)
    params = load_params(project / "recipes/mine/params.yaml")
    assert recipe.needs_classifier == bool(params.classifiers)
    for run in (*params.models.values(), *params.classifiers.values()):
        whole = params.datasets[run.data].spec
        run.build_for(whole)
        batch = random_batch(run, whole)
        assert batch[0].shape[-2:] == run.sample_size(whole)


# What is written


@pytest.mark.parametrize("case", CASES)
def test_the_recipe_reads_its_folders_and_its_stages_are_the_roots(project, case, monkeypatch):
    params = written("mine", *CASES[case])
    monkeypatch.chdir("recipes/mine")
    source = params.datasets["mine"].source()
    for domain in params.models["mine"].domains:
        assert sum(len(source.items[split][domain]) for split in ("train", "test")) == 4
    root = yaml.safe_load((tiny.ROOT / "dvc.yaml").read_text())
    here = yaml.safe_load(Path("dvc.yaml").read_text())
    classified = bool(params.classifiers)
    assert list(here["stages"]) == list(root["stages"])
    own = {f"${{item.folders.train.{domain}}}" for domain in source.items["train"]}
    for name in here["stages"].keys() - {"report"}:
        wanted = root["stages"][name].get("do", root["stages"][name])
        found = here["stages"][name].get("do", here["stages"][name])
        deps = {dep.removeprefix("../../") for dep in found["deps"]}
        asked = set() if classified else {"data/classifiers/${item.data}"}
        assert deps - own == set(wanted["deps"]) - asked
        assert {**found, "deps": []} == {**wanted, "deps": []}
    assert own - {f"${{item.folders.train.{v}}}" for v in ("grey",)} <= set(
        here["stages"]["prepare"]["do"]["deps"]
    )
    check_run(Path())  # the report waits for the model, and plots show it
    assert "/models" in Path("data/.gitignore").read_text().split()


def test_folders_elsewhere_are_named_in_full(project, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "my cats"
    for number in range(3):
        tiny.write_picture(elsewhere / f"{number}.png", number, 64, 64)
    folders = written("mine", "--a", "raw/photos", "--b", elsewhere).datasets["mine"].folders
    assert folders == {"train": {"photos": "../../raw/photos", "my_cats": str(elsewhere)}}


def test_specs_are_those_of_the_prepared_data(project, monkeypatch):
    for name, case in CASES.items():
        params = written(name, *case, "--steps", 2)
        monkeypatch.chdir(f"recipes/{name}")
        out = project / "prepared" / name
        prepare(params.datasets[name], out, workers=1)
        monkeypatch.chdir(project)
        run = params.models[name]
        store = Store(out)
        specs = run.select(params.datasets[name].spec).specs
        _, feed, data = set_up(run, store, seed=1, label="", scratch=None)
        assert specs == data.specs
        shapes = [half.shape for half in random_batch(run, params.datasets[name].spec)]
        assert shapes == [half.shape for half in feed.reader(0)]


# What it costs


def test_cost_of_a_step(project, monkeypatch):
    monkeypatch.setattr("pipeline.scaffold.cost.SECONDS", 0.0)
    written("mine", *UNPAIRED, "--steps", 2, "--size", 32)
    path = Path("recipes/mine/params.yaml")
    cost = measure(path, "classifiers.mine")
    assert 0 < cost.seconds < 60
    assert cost.memory > 2**20


def test_an_estimate_is_printed(project, monkeypatch):
    processes.wake_server()
    monkeypatch.setattr("pipeline.scaffold.cost.get_context", lambda _: processes.server)
    monkeypatch.setattr("pipeline.scaffold.cost.measure", processes.measure_briefly)
    result = new("mine", *PAIRS, "--size", 32, "--steps", 1000, estimate=True)
    assert result.exit_code == 0, result.output
    assert "models.mine: 1,000 steps of " in result.stdout
    assert "crossdomain repro recipes/mine" in result.stdout


# What is refused


@pytest.mark.parametrize("name", ["../evil", "two words", "12", "no", "-x", "a/b", "größe", ""])
def test_names_that_are_no_plain_words(project, name):
    result = new("--", name) if name.startswith("-") else new(name, *PAIRS)
    assert result.exit_code != 0
    assert not list((project / "recipes").iterdir())


def test_a_recipe_that_is_there_stays(project):
    written("mine", *PAIRS)
    assert "exists already" in refused("mine", *UNPAIRED)


def test_the_same_folder_twice(project):
    assert "are both" in refused("mine", "--a", "raw/ann", "--b", "raw/../raw/ann")
    assert "lie in each other" in refused("mine", "--a", "raw", "--b", "raw/ann")


def test_a_folder_that_is_not_there(project):
    assert "expected a folder at raw/nobody" in refused("mine", *ALONE, "--b", "raw/nobody")


def test_pictures_and_sound_together(project):
    assert "a translator needs one kind" in refused("mine", "--a", "raw/ann", "--b", "raw/zebra")
    tiny.write_picture(project / "raw/ann/cover.png", 1)
    assert "pictures and sound" in refused("mine", *VOICES)


def test_a_single_voice(project):
    assert "by --b" in refused("mine", "--a", "raw/ann")


def test_a_task_is_for_one_folder(project):
    assert "--task edges is for --a alone" in refused("mine", *UNPAIRED, "--task", "edges")
    assert "--task colour is for --a alone" in refused("mine", *UNPAIRED, "--task", "colour")


def test_bad_files_are_all_listed(project):
    (project / "raw/zebra/empty.png").touch()
    (project / "raw/photos/text.png").write_text("no picture")
    said = refused("mine", *UNPAIRED)
    assert "2 files can't be used" in said
    assert "empty.png: the file is empty" in said
    assert "text.png: not a picture" in said


def test_clips_that_nothing_can_learn_from(project):
    tiny.write_sound(project / "raw/bob/click.wav", 1, 0.1)
    assert "click.wav: 0.10 s are shorter than 0.16 s" in refused("mine", *VOICES)


def test_pairs_with_gaps(project):
    for number in range(4, 12):
        tiny.write_picture(project / f"raw/labels/{number}.png", number, 70, 80)
        tiny.write_picture(project / f"raw/photos/{number}.png", number, 70, 80)
    tiny.write_picture(project / "raw/photos/alone.png", 1, 70, 80)
    said = refused("mine", *PAIRS)
    assert "no counterpart" in said
    assert str(Path("raw/photos/alone")) in said


def test_pictures_that_are_too_small(project):
    tiny.write_picture(project / "raw/zebra/stamp.png", 1, 20, 30)
    assert "stamp.png: 30x20" in refused("mine", "--a", "raw/zebra")
    assert "4 of 5" not in refused("mine", "--a", "raw/zebra", "--size", 128)
    assert "multiples of 16" in refused("mine", "--a", "raw/zebra", "--size", 100)


def test_two_domains_in_one_folder(project):
    tiny.write_picture(project / "raw/set/trainA/1.png", 1, 64, 64)
    assert "check-data raw/set" in refused("mine", "--a", "raw/set")


def test_too_few_to_hold_one_out(project):
    tiny.write_picture(project / "raw/one/1.png", 1, 64, 64)
    assert "too few" in refused("mine", "--a", "raw/one")
