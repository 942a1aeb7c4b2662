"""`crossdomain evaluate`: models on a user's own files."""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

import exported
import numpy as np
import pytest
import tiny
from click.testing import Result
from stores import prepared
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.cli.commands.evaluate import check_out
from pipeline.cli.commands.evaluate_data import StoreAs, first, first_of, prepare_places
from pipeline.cli.commands.evaluate_domains import Place
from pipeline.codecs.mel import MelCodec
from pipeline.codecs.sound import Statistics
from pipeline.conventions import MelConvention
from pipeline.datasets.folders import PictureFolderParams, SoundFolderParams
from pipeline.datasets.prepare import prepare
from pipeline.datasets.source import Item
from pipeline.datasets.store import Store
from pipeline.errors import UserError
from pipeline.evaluation import loading
from pipeline.evaluation.judges import Panel
from pipeline.evaluation.protocol import data_checksum
from pipeline.evaluation.results import Results, read_results
from pipeline.inference.finished import export, load, outline
from pipeline.samples import DatasetSpec
from pipeline.system.files import sha256_of

BANDS = MelConvention(rate=8000, n_fft=512, hop=64, win=512, mels=32, fmax=4000)


@pytest.fixture(autouse=True)
def without_judges(monkeypatch):
    """What has numbers here needs no large networks."""
    monkeypatch.setattr(
        loading, "load_panel", lambda **_: Panel(missing={"words": "no such model"})
    )
    monkeypatch.setattr(loading, "load_efficientnet", lambda: None)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Finished models as training leaves them, with the classifiers beside them."""
    data = tmp_path_factory.mktemp("project") / "data"
    runs = tiny.runs()
    for name in ("cyclegan", "pix2pix", "vae", "hifigan"):
        exported.export_one(data / "models" / name, runs[name])
    exported.export_one(data / "classifiers/savanna", runs["classifier_savanna"])
    run = runs["voice_cyclegan"]
    one = Statistics(mean=(-5.0,) * BANDS.mels, std=(2.0,) * BANDS.mels)
    codec = MelCodec(convention=BANDS, statistics=dict.fromkeys(run.domains, one), level=-23.0)
    spec = DatasetSpec(specs={name: codec.spec(name) for name in run.domains})
    model = run.build_model(spec)
    export(data / "models/voices", model, params=run, data=spec, codec=codec, seed=1)
    grey = runs["pix2pix"].model_copy(update={"source": "grey", "target": "photo"})
    picture = tiny.codec_of(runs["cyclegan"])
    colours = picture.model_copy(update={"channels": {"grey": 1, "photo": 3}})
    both = DatasetSpec(specs={name: colours.spec(name) for name in ("grey", "photo")})
    painter = grey.build_model(both)
    export(data / "models/painter", painter, params=grey, data=both, codec=colours, seed=1)
    return data / "models"


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)])


def run(models: Path, out: Path, *arguments: object) -> tuple[Results, str]:
    """The results of a command that must end well, and what it says."""
    result = call(*arguments, "--models", models, "--out", out)
    assert result.exit_code == 0, result.output
    return read_results(out / "results.json"), result.stdout


def refused(models: Path, *arguments: object) -> str:
    result = call(*arguments, "--models", models)
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.stderr.count("error: ") == 1
    return result.stderr


def reason_of(results: Results, task: str, metric: str) -> str:
    return next(m.reason for m in results.missing if (m.task, m.metric) == (task, metric))


# Pictures


def test_trained_and_tested_with_folders_keep_their_parts(models, tmp_path):
    for place, count in (("trainA", 4), ("trainB", 5), ("testA", 2), ("testB", 3)):
        tiny.write_pictures(tmp_path / "own" / place, count, 20, 30)
    results, said = run(models, tmp_path / "out", "cyclegan", "--data", tmp_path / "own")
    assert results.tasks.keys() == {"horse_to_zebra", "zebra_to_horse"}
    distance = results.tasks["horse_to_zebra"]["fd_features"]
    assert distance.protocol["reference"] == "train, 5"
    assert distance.protocol["count"] == 2
    assert distance.protocol["network"] == "classifier of savanna"
    assert results.protocol["split"] == "test"
    assert results.protocol["data"] == "own"
    assert "horse  tested with: testA, 2 files  compared with: trainA, 4 files" in said
    assert "classifier: that of savanna" in said
    assert "horse to zebra\n" in said
    assert sorted(tiny.names_in(tmp_path)) == ["out", "own"]
    assert {"results.json", "horse_to_zebra.png"} <= set(tiny.names_in(tmp_path / "out"))
    assert ".prepared" not in tiny.names_in(tmp_path / "out")
    record = json.loads((tmp_path / "out/evaluation.json").read_text())
    assert record["weights"] == results.protocol["weights"]
    assert record["results"] == sha256_of(tmp_path / "out/results.json")
    assert {"finished", "seconds", "commit", "dirty", "machine"} <= record.keys()


def test_a_folder_without_parts_is_tested_with_as_a_whole(models, tmp_path):
    for name in ("Zebra", "horse", "cow"):
        tiny.write_pictures(tmp_path / "own" / name, 3)
    results, said = run(models, tmp_path / "out", "cyclegan", "--data", tmp_path / "own")
    assert results.protocol["split"] == "all"
    assert results.tasks["horse_to_zebra"]["fd_features"].protocol["reference"] == "test, 3"
    assert "passed over: cow, which the model does not know" in said
    assert "no test split is set apart" in said
    assert "compared with: the same" in said


def test_files_of_one_domain_are_the_source(models, tmp_path):
    tiny.write_pictures(tmp_path / "own", 3)
    results, said = run(models, tmp_path / "out", "cyclegan", "--data", tmp_path / "own")
    assert results.tasks.keys() == {"horse_to_zebra"}
    assert "without zebra: what needs that is not measured" in said
    reason = "the data has no test pictures of zebra"
    assert reason_of(results, "zebra_to_horse", "fd_features") == reason
    assert "not measured\n" in said


def test_the_user_says_which_domain_is_which(models, tmp_path):
    tiny.write_pictures(tmp_path / "own/brown", 2)
    tiny.write_pictures(tmp_path / "own/striped/test", 3)
    tiny.write_pictures(tmp_path / "own/striped/train", 4)
    message = refused(models, "cyclegan", "--data", tmp_path / "own")
    assert "'cyclegan' knows horse, zebra" in message
    assert "holds brown, striped" in message
    assert "--domains horse=brown,zebra=striped" in message
    given = ("--domains", "zebra=striped,horse=brown")
    results, _ = run(models, tmp_path / "out", "cyclegan", "--data", tmp_path / "own", *given)
    assert results.tasks["horse_to_zebra"]["fd_features"].protocol["reference"] == "train, 4"
    assert results.tasks["zebra_to_horse"]["fd_features"].protocol["reference"] == "test, 2"
    # A folder that nobody took for a domain may be named, too.
    given = ("--domains", "zebra=striped/train", "--limit", 2)
    results, said = run(models, tmp_path / "out", "cyclegan", "--data", tmp_path / "own", *given)
    assert results.tasks.keys() == {"zebra_to_horse"}
    assert results.protocol["limit"] == 2
    assert "the first 2 of striped/train, 4 files" in said


@pytest.mark.parametrize(
    ("domains", "words"),
    [
        ("horse", "expected DOMAIN=FOLDER"),
        ("horse=a,horse=b", "names horse twice"),
        ("cow=a", "'cyclegan' has no domain 'cow'; it knows horse, zebra"),
        ("horse=c", "found no 'c'"),
        ("horse=a,zebra=a", "horse and zebra are both a"),
    ],
)
def test_domains_that_say_nothing_are_refused(models, tmp_path, domains, words):
    for name in "ab":
        tiny.write_pictures(tmp_path / name, 1)
    assert words in refused(models, "cyclegan", "--data", tmp_path, "--domains", domains)


def test_pairs_side_by_side_are_compared_with_their_counterparts(models, tmp_path):
    tiny.write_pictures(tmp_path / "own", 3, 20, 40)
    results, said = run(models, tmp_path / "out", "pix2pix", "--data", tmp_path / "own")
    assert "layout 'halves'" in said
    assert results.tasks["labels_to_scene"]["psnr"].protocol["count"] == 3
    assert results.verdicts["labels_to_scene"].metric == "psnr"


def test_what_is_made_from_pictures_is_made_again(models, tmp_path):
    tiny.write_pictures(tmp_path / "holiday", 3, 20, 20)
    results, said = run(models, tmp_path / "out", "painter", "--data", tmp_path / "holiday")
    assert "grey views of the folder" in said
    assert results.tasks["grey_to_photo"]["psnr"].protocol["count"] == 3


def test_pictures_that_are_sorted_into_folders_are_one_domain(models, tmp_path):
    for name in "012":
        tiny.write_pictures(tmp_path / "own" / name, 2, 20, 17)
    results, _ = run(models, tmp_path / "out", "vae", "--data", tmp_path / "own")
    assert results.tasks["reconstruction"]["mse"].protocol["count"] == 6
    assert "no classifier is given" in reason_of(results, "samples", "fd_features")
    given = ("--data", tmp_path / "own/1", "--layout", "flat")
    assert run(models, tmp_path / "out", "vae", *given)[0].protocol["data"] == "mine_1"


def test_one_picture_is_enough_for_what_it_tells(models, tmp_path):
    tiny.write_picture(tmp_path / "own/a.png", 1)
    results, said = run(models, tmp_path / "out", "vae", "--data", tmp_path / "own")
    assert results.tasks["reconstruction"]["mse"].values.keys() == {"model"}
    assert "1 file " in said


def test_only_a_test_folder_is_a_test_split(models, tmp_path):
    tiny.write_pictures(tmp_path / "own/val/horse", 2)
    tiny.write_pictures(tmp_path / "own/val/zebra", 2)
    results, _ = run(models, tmp_path / "out", "cyclegan", "--data", tmp_path / "own")
    assert results.protocol["split"] == "test"
    assert results.tasks.keys() == {"horse_to_zebra", "zebra_to_horse"}


# What does not suit the model


def test_what_the_model_was_not_trained_on_is_said(models, tmp_path):
    tiny.write_pictures(tmp_path / "pictures", 2)
    tiny.write_sound(tmp_path / "sounds/a.wav", 1)
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    assert "trained on sound, but" in refused(models, "voices", "--data", tmp_path / "pictures")
    assert "holds 1 sound files" in refused(models, "vae", "--data", tmp_path / "sounds")
    assert "holds none: expected" in refused(models, "vae", "--data", tmp_path / "empty")
    assert "there is none" in refused(models, "vae", "--data", tmp_path / "nothing")
    assert "found a file" in refused(models, "vae", "--data", tmp_path / "file")
    for flag, value in (
        ("--vocoder", "hifigan"),
        ("--whisper", "tiny.en"),
        ("--language", "de"),
    ):
        message = refused(models, "vae", "--data", tmp_path / "pictures", flag, value)
        assert f"{flag} is for sound" in message
    for flag in ("--inception", "--clip", "--lpips"):
        message = refused(models, "voices", "--data", tmp_path / "sounds", flag, "weights.pth")
        assert f"{flag} is for pictures" in message
    spoken = ("voices", "--data", tmp_path / "sounds")
    assert "--language de is for --whisper" in refused(models, *spoken, "--language", "de")
    foreign = refused(models, *spoken, "--whisper", "tiny.en", "--language", "Klingon")
    assert "found 'Klingon'" in foreign
    assert "en (English)" in foreign
    assert "no such model" in refused(models, *spoken, "--whisper", "tiny.en")
    message = refused(models, *spoken, "--vocoder", "hifigan")
    assert "the vocoder takes mel frames of another convention" in message


def test_small_and_damaged_files_are_listed_and_nothing_is_left(models, tmp_path):
    tiny.write_picture(tmp_path / "own/small.png", 1, tiny.SIDE - 1, tiny.SIDE)
    (tmp_path / "own/bad.png").write_bytes(b"nonsense")
    out = tmp_path / "out"
    message = refused(models, "vae", "--data", tmp_path / "own", "--out", out)
    assert "2 of 2 items can't be used" in message
    assert "small.png" in message
    assert "bad.png" in message
    assert tiny.names_in(tmp_path) == ["own"]


def test_a_classifier_is_measured_on_pictures_of_one_of_its_classes(models, tmp_path):
    tiny.write_pictures(tmp_path / "own", 2)
    classifier = models.parent / "classifiers/savanna"
    results, _ = run(models, tmp_path / "out", classifier, "--data", tmp_path / "own")
    values = results.tasks["accuracy"]["accuracy"].values
    assert values.keys() >= {"model", "commonest_class", "untrained"}
    assert values["commonest_class"] == 1


def test_a_classifier_that_does_not_fit_is_refused_or_left_out(models, tmp_path):
    tiny.write_pictures(tmp_path / "own", 2)
    given = ("--data", tmp_path / "own", "--classifier", models / "cyclegan")
    assert "can't classify" in refused(models, "vae", *given)
    given = ("--data", tmp_path / "own", "--classifier", models.parent / "classifiers/savanna")
    assert "other channels" in refused(models, "vae", *given)


def test_nothing_that_could_be_measured_is_an_error(models, tmp_path):
    tiny.write_pictures(tmp_path / "scene", 2)
    message = refused(models, "pix2pix", "--data", tmp_path / "scene", "--out", tmp_path / "out")
    assert "nothing could be measured" in message
    assert "no test pictures of labels" in message
    assert not (tmp_path / "out").exists()


# Where results go


def test_an_earlier_evaluation_is_replaced_as_a_whole(models, tmp_path):
    tiny.write_pictures(tmp_path / "own", 2)
    out = tmp_path / "out"
    run(models, out, "cyclegan", "--data", tmp_path / "own")
    run(models, out, "vae", "--data", tmp_path / "own")
    assert "horse_to_zebra.png" not in tiny.names_in(out)
    assert tiny.names_in(tmp_path) == ["out", "own"]


def test_the_folder_is_named_after_model_and_data(models, in_folder):
    tiny.write_pictures(in_folder / "my holiday", 2)
    result = call("vae", "--data", "my holiday", "--models", models)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1].startswith("evaluation/vae-my_holiday/results.json")
    assert (in_folder / "evaluation/vae-my_holiday/results.json").exists()


def test_nothing_of_the_users_is_replaced(tmp_path, in_folder):
    data, out = tmp_path / "data", tmp_path / "out"
    tiny.write_picture(data / "a.png", 1)
    for place in (data, data / "results", tmp_path):
        with pytest.raises(UserError, match=r"must not lie|folder of its own"):
            check_out(place, data)
    (out / "deep").mkdir(parents=True)
    check_out(out, data)
    (out / ".DS_Store").write_text("x")
    check_out(out, data)
    (out / "deep/a.png").write_text("x")
    with pytest.raises(UserError, match=r"expected a new folder .* found deep/a\.png"):
        check_out(out, data)
    (out / "results.json").write_text("{}")
    check_out(out, data)
    (out / "thesis.tex").write_text("x")
    with pytest.raises(UserError, match=r"found thesis\.tex"):
        check_out(out, data)
    with pytest.raises(UserError, match="found a file"):
        check_out(out / "thesis.tex" / "deep", data)


# Prepared data sets


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    root = tmp_path_factory.mktemp("raw")
    for split, count in (("train", 4), ("test", 3)):
        for seed, name in enumerate(("horse", "zebra")):
            tiny.write_pictures(root / split / name, count, start=100 * seed)
    folders = {s: {n: f"{s}/{n}" for n in ("horse", "zebra")} for s in ("train", "test")}
    params = PictureFolderParams(root=str(root), folders=folders, size=tiny.SIDE)
    return prepared(params, root / "animals")


def test_a_prepared_data_set_is_taken_as_it_is(models, store, tmp_path):
    results, said = run(models, tmp_path / "out", "cyclegan", "--data", store.root)
    assert results.protocol["data_checksum"] == data_checksum(store)
    assert results.protocol["split"] == "test"
    assert "a prepared data set" in said
    few, _ = run(models, tmp_path / "few", "cyclegan", "--data", store.root, "--limit", 2)
    assert few.tasks["horse_to_zebra"]["cycle_l1"].protocol["count"] == 2
    assert few.protocol["limit"] == 2
    assert few.protocol["data_checksum"] != results.protocol["data_checksum"]
    given = ("--domains", "horse=zebra")
    other, _ = run(models, tmp_path / "other", "cyclegan", "--data", store.root, *given)
    assert other.tasks.keys() == {"horse_to_zebra"}


def test_a_limit_that_cuts_nothing_is_not_said(models, store, tmp_path):
    line = "of split test, the first"
    data = ("cyclegan", "--data", store.root)
    assert f"{line} 2 of each" in run(models, tmp_path / "few", *data, "--limit", 2)[1]
    results, said = run(models, tmp_path / "all", *data, "--limit", 3)
    assert line not in said
    assert "limit" not in results.protocol
    assert results.protocol["data_checksum"] == data_checksum(store)


def test_a_limit_of_a_prepared_data_set_keeps_what_both_say_too(models, tmp_path):
    both = {"arthur": "1245", "beatrice": "0456"}
    for name, keys in both.items():
        for key in keys:
            tiny.write_sound(tmp_path / "raw" / name / f"{key}.wav", int(key) + len(name))
    folders = {split: {name: name for name in both} for split in ("train", "test")}
    params = SoundFolderParams(root=str(tmp_path / "raw"), folders=folders, convention=BANDS)
    whole = prepared(params, tmp_path / "voices")
    codec = outline(models / "voices").codec
    limited = StoreAs(
        whole, {name: name for name in both}, codec, first_of(keys_of(whole, both), 2, both)
    )
    assert keys_of(limited, both) == {"arthur": ["4", "5"], "beatrice": ["4", "5"]}
    assert limited.aligned("test", "arthur", "beatrice")
    assert not limited.aligned("train", "arthur", "beatrice")
    found, usual = (of.domain("test", "arthur") for of in (limited, whole))
    assert len(found) == 2
    assert found.lengths.tolist() == usual.lengths[2:].tolist()
    assert found.labels.tolist() == usual.labels[2:].tolist()
    assert found.factors["speaker"].tolist() == usual.factors["speaker"][2:].tolist()
    for index in range(2):
        np.testing.assert_array_equal(found.item(index), usual.item(index + 2))
        np.testing.assert_array_equal(found.wave(index), usual.wave(index + 2))
        assert found.factors_of(index) == usual.factors_of(index + 2)
    others = [
        StoreAs(whole, {name: name for name in both}, codec, {"arthur": [0, n]}) for n in (1, 2)
    ]
    assert len(set(map(data_checksum, (whole, limited, *others)))) == 4


def test_a_limit_looks_at_the_models_own_domains_alone():
    keys = {"a": ["1", "2", "3"], "b": ["0", "3"], "c": ["7", "8", "3"], "d": ["9"]}
    found = first_of(keys, 2, ["a", "b", "c"])
    assert found == {"a": [2, 0], "b": [1, 0], "c": [2, 0], "d": [0]}


def keys_of(store: Store, names: Iterable[str]) -> dict[str, list[str]]:
    return {name: store.domain("test", name).keys for name in names}


def test_a_data_set_that_was_prepared_otherwise_is_refused(models, store, sound_store, tmp_path):
    given = ("--data", store.root)
    message = refused(models, "vae", *given, "--domains", "digit=horse")
    assert "channels: expected 1, found 3 of horse" in message
    assert "trained on sound, but" in refused(models, "voices", *given)
    given = ("--data", sound_store.root, "--domains", "arthur=ann")
    message = refused(models, "voices", *given)
    assert "n_fft: expected 512, found 256" in message
    assert "has no domain 'cow' in split 'test'" in refused(
        models, "cyclegan", "--data", store.root, "--domains", "horse=cow"
    )
    shutil.copytree(store.root, tmp_path / "untested")
    meta = json.loads((tmp_path / "untested/meta.json").read_text())
    del meta["domains"]["test"]
    (tmp_path / "untested/meta.json").write_text(json.dumps(meta))
    message = refused(models, "cyclegan", "--data", tmp_path / "untested")
    assert "has no split 'test'" in message


def test_a_meta_file_of_other_programs_makes_no_data_set(models, tmp_path):
    tiny.write_pictures(tmp_path / "own", 2)
    (tmp_path / "own/meta.json").write_text('{"album": "holiday"}')
    run(models, tmp_path / "out", "vae", "--data", tmp_path / "own")


# Sound


def test_a_limit_keeps_what_both_say(tmp_path):
    both = {"a": ["1", "2", "4", "5"], "b": ["0", "4", "5", "6"]}
    items = {name: [Item(key, lambda: np.zeros(1)) for key in keys] for name, keys in both.items()}
    found = {name: [item.key for item in of] for name, of in first(items, 3).items()}
    assert found == {"a": ["4", "5", "1"], "b": ["4", "5", "0"]}


def test_voices_are_heard_as_the_model_hears_them(models, tmp_path):
    for name, seed in (("arthur", 1), ("beatrice", 2)):
        tiny.write_sound(tmp_path / "own" / name / "1.wav", seed, rate=16_000)
    tiny.write_pictures(tmp_path / "own/arthur", 4)  # more than there are recordings
    results, said = run(models, tmp_path / "out", "voices", "--data", tmp_path / "own")
    assert results.protocol["vocoder"] == "Griffin-Lim"
    assert results.tasks["arthur_to_beatrice"]["mcd"].protocol["count"] == 1
    assert "vocoder: Griffin-Lim" in said
    assert (tmp_path / "out/arthur_to_beatrice/0_model.wav").exists()
    assert "no such judge was asked" in reason_of(results, "arthur_to_beatrice", "dnsmos")


@pytest.mark.parametrize("seconds", [0.1, 0.2])
def test_sounds_shorter_than_the_classifier_halves_are_measured(models, tmp_path, seconds):
    """0.2 seconds are 25 frames here; five levels halve 32 to one."""
    finished = load(models / "voices")
    run_ = tiny.runs()["classifier_voices"]
    deep = run_.model_copy(update={"network": run_.network.model_copy(update={"levels": 5})})
    spec = finished.card.data.model_copy(update={"classes": ("arthur", "beatrice")})
    classifier, model = tmp_path / "classifier", deep.build_model(spec)
    export(classifier, model, params=deep, data=spec, codec=finished.codec, seed=1)
    assert model.smallest > seconds * BANDS.rate / BANDS.hop
    for name in ("arthur", "beatrice"):
        for number in range(3):
            tiny.write_sound(tmp_path / f"own/{name}/{number}.wav", number, seconds, 16_000)
    given = ("voices", "--data", tmp_path / "own", "--classifier", classifier)
    results, _ = run(models, tmp_path / "out", *given)
    measured = results.tasks["arthur_to_beatrice"].values()
    assert any(m.protocol.get("network") == "classifier of voices" for m in measured)


def test_a_vocoder_is_given_any_voices(models, tmp_path, monkeypatch):
    for name in ("carla", "dora"):
        tiny.write_sound(tmp_path / "own" / name / "1.wav", 3)
    seen = []
    monkeypatch.setattr("pipeline.cli.commands.evaluate.evaluate", keep(seen))
    call("hifigan", "--data", tmp_path / "own", "--models", models, "--out", tmp_path / "out")
    assert seen == [{"carla": 1, "dora": 1}]


def keep(seen: list):
    """In place of an evaluation: keep what there would be to test with."""

    def evaluate(finished, store, networks, out, begun, told) -> Results:
        seen.append(store.meta.counts["test"])
        return Results()

    return evaluate


def test_sound_is_stored_as_preparation_stores_it(models, tmp_path):
    tiny.write_sound(tmp_path / "own/1.wav", 3, rate=11_025)
    codec = outline(models / "voices").codec
    mine = prepare_places({"arthur": Place("own", tmp_path / "own")}, codec, tmp_path / "mine")
    folders = {"train": {"arthur": "own"}, "test": {"arthur": "own"}}
    params = SoundFolderParams(root=str(tmp_path), folders=folders, convention=BANDS)
    prepare(params, tmp_path / "usual", workers=1)
    usual = Store(tmp_path / "usual").domain("test", "arthur")
    found = mine.domain("test", "arthur")
    np.testing.assert_array_equal(found.item(0), usual.item(0))
    np.testing.assert_array_equal(found.wave(0), usual.wave(0))
    assert mine.codec == codec
    assert not mine.has("train", "arthur")


def test_pictures_are_stored_as_preparation_stores_them(models, tmp_path):
    tiny.write_picture(tmp_path / "own/1.png", 3, 40, 30)
    codec = outline(models / "painter").codec
    place = Place("own", tmp_path / "own")
    places = {"photo": place, "grey": place._replace(view="grey")}
    mine = prepare_places(places, codec, tmp_path / "mine")
    params = PictureFolderParams(
        root=str(tmp_path), folders={"train": {"photo": "own"}}, size=tiny.SIDE, views=("grey",)
    )
    usual = prepared(params, tmp_path / "usual")
    for name in ("photo", "grey"):
        found, expected = mine.domain("test", name), usual.domain("train", name)
        np.testing.assert_array_equal(found.item(0), expected.item(0))
    assert mine.aligned("test", "photo", "grey")
