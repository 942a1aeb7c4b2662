"""Models beside each other: which share a page, and which numbers a column."""

from dataclasses import replace

import fabricated
import pytest

from pipeline.params import Params
from pipeline.report.groups import groups_of
from pipeline.report.model import Model, Outputs, gather
from pipeline.report.protocols import describe_differences, facts_of
from pipeline.report.tasks import describe_task

VOICE = "media/voice/arthur_to_beatrice"


@pytest.fixture
def models(tmp_path, params: Params, outputs: Outputs) -> dict[str, Model]:
    return {name: gather(name, params, outputs, tmp_path / "report") for name in params.runs}


def rows(ranking) -> dict[str, list[str | None]]:
    """The texts of a table."""
    return {row.title: [cell and cell.text for cell in row.cells] for row in ranking.rows}


def test_pages_are_of_those_who_share_a_task_and_a_data_set(models):
    groups = {group.title: group for group in groups_of(list(models.values()))}
    assert {title: [m.name for m in group.models] for title, group in groups.items()} == {
        "Translators of voices": ["voice", "cut"],
        "All samplers": ["autoencoder", "gan", "wgan"],
    }
    # Only one model reconstructs, and only one's pitch was measured.
    assert [c.title for c in groups["Translators of voices"].contests] == ["arthur → beatrice"]
    assert not groups_of([models["voice"], models["gan"]])


def test_samplers_of_several_data_sets_have_pages_of_their_own_and_one_of_all(models):
    letters = models["gan"].run.model_copy(update={"data": "letters"})
    models["gan"] = replace(models["gan"], run=letters)
    groups = {group.title: group for group in groups_of(list(models.values()))}
    assert list(groups) == ["Translators of voices", "Samplers of digits", "All samplers"]
    assert [m.name for m in groups["Samplers of digits"].models] == ["autoencoder", "wgan"]
    every = groups["All samplers"]
    assert [(c.title, len(c.members)) for c in every.contests] == [("digits", 2), ("letters", 1)]
    assert len({group.page for group in groups.values()}) == 3


def test_pages_whose_names_are_joined_alike_have_addresses_of_their_own(models):
    """Data x-a with domain b, and data x with domains a and b: pages that hid one another."""

    def moved(name: str, data: str, *domains: str) -> Model:
        run = models[name].run.model_copy(update={"data": data, "domains": domains})
        tasks = [describe_task(task.name, run) for task in models[name].tasks]
        return replace(models[name], run=run, tasks=tasks)

    found = [
        moved("gan", "x-a", "b"),
        moved("wgan", "x-a", "b"),
        moved("gan", "x", "a", "b"),
        moved("wgan", "x", "a", "b"),
        moved("gan", "x", "b"),
        moved("wgan", "x", "b"),
    ]
    pages = {group.title: group.page for group in groups_of(found)}
    assert list(pages) == [
        "Samplers of x-a",
        "Samplers of x: a and b",
        "Samplers of x: b",
        "All samplers",
    ]
    assert len(set(pages.values())) == 4


def test_only_numbers_of_equal_protocols_stand_in_one_column(models):
    (contest,) = groups_of([models["autoencoder"], models["gan"], models["wgan"]])[0].contests
    ranking = contest.ranking
    assert [(column.name, column.decides) for column in ranking.columns] == [
        ("fd_features", True),
        ("class_coverage", False),
    ]
    assert rows(ranking) == {
        "gan": ["12.5", "1"],  # the best first
        "autoencoder": ["30.68", "1"],
        "wgan": [None, "1"],
        "Noise": ["261.8", "0.1"],
        "Test pictures": ["4.79", "1"],
    }
    best = {
        row.title: [cell is not None and cell.best for cell in row.cells] for row in ranking.rows
    }
    assert best["gan"] == [True, True]
    assert best["autoencoder"] == [False, True]
    assert [row.title for row in ranking.rows if row.ceiling] == ["Test pictures"]
    assert [(a.member.model.name, a.text, a.differs) for a in ranking.apart] == [
        ("wgan", "9.25", "Items 50 instead of 100")
    ]


def test_samplers_have_a_finding_each_and_translators_none(models):
    groups = {group.title: group for group in groups_of(list(models.values()))}
    (samplers,) = groups["All samplers"].contests
    assert samplers.of_samplers
    found = {member.model.name: member.memory for member in samplers.members}
    assert found["autoencoder"] is None
    assert found["wgan"].label.word == "no sign"
    assert found["gan"].label.word == "remembers"
    assert found["gan"].order > found["wgan"].order
    assert not groups["Translators of voices"].contests[0].of_samplers


def test_other_data_sets_apart(models):
    models["gan"].evaluation.protocol["data_checksum"] = "0" * 64
    (contest,) = groups_of([models["autoencoder"], models["gan"]])[0].contests
    assert rows(contest.ranking)["gan"] == [None, None]
    words = "Data's checksum 00000000 instead of da7ada7a"
    assert [one.differs for one in contest.ranking.apart] == [words] * 2


def test_what_stands_beside_all_is_shown_where_it_is_the_same_for_all(models):
    values = models["gan"].evaluation.tasks["samples"]["fd_features"].values
    values["noise"] = 260.0
    (contest,) = groups_of([models["autoencoder"], models["gan"]])[0].contests
    assert rows(contest.ranking)["Noise"] == [None, "0.1"]
    del values["noise"]
    (contest,) = groups_of([models["autoencoder"], models["gan"]])[0].contests
    assert rows(contest.ranking)["Noise"] == [None, "0.1"]


def test_what_stands_beside_one_of_several_models_is_not_shown_for_all(models):
    (contest,) = groups_of([models["gan"], models["wgan"]])[0].contests
    assert rows(contest.ranking)["gan"] == ["12.5", "1"]
    assert rows(contest.ranking)["wgan"] == [None, "1"]  # of another protocol
    assert rows(contest.ranking)["Noise"] == [None, "0.1"]


def test_what_stands_beside_a_model_that_is_alone_is_shown(models):
    letters = models["gan"].run.model_copy(update={"data": "letters"})
    alone = replace(models["gan"], run=letters)
    every = groups_of([models["autoencoder"], models["wgan"], alone])[-1]
    assert rows(every.contests[1].ranking)["Noise"] == ["261.8", "0.1"]


def test_clips_of_one_sentence_are_lined_up(tmp_path, params, outputs):
    for name, why in (("voice", "Best of 9 by L1"), ("cut", "Worst of 9 by L1")):
        picture = outputs.evaluation / name / "arthur_to_beatrice/0.png"
        fabricated.write_figure(picture, f"{why}: She left.")
    found = [gather(n, params, outputs, tmp_path / "again") for n in ("voice", "cut")]
    (hearing,) = groups_of(found)[0].contests[0].hearings
    assert hearing.title == "She left."
    assert [(whose, sound.href) for whose, sound in hearing.sounds] == [
        ("Source, through the vocoder", f"{VOICE}/0_source_through_vocoder.wav"),
        ("Target, the true recording", f"{VOICE}/0_target.wav"),
        ("voice (best of 9 by L1)", f"{VOICE}/0_model.wav"),
        ("cut (worst of 9 by L1)", "media/cut/arthur_to_beatrice/0_model.wav"),
    ]


def test_differences_are_told_by_the_facts_that_differ():
    usual = {"count": 1000, "network": "a", "split": "test"}
    assert (
        describe_differences({"count": 1000, "split": "test"}, usual) == "Network none instead of a"
    )
    assert describe_differences({**usual, "count": 5, "seed": 1}, usual) == (
        "Items 5 instead of 1,000; Seed 1 instead of none"
    )


def test_checksums_are_shortened_wherever_they_stand():
    protocol = {"vocoder": f"hifigan, {'ab12' * 16}", "sha256": "cd34" * 16, "judge": "whisper"}
    assert {key: (fact.text, fact.whole) for key, fact in facts_of(protocol).items()} == {
        "judge": ("whisper", ""),
        "sha256": ("cd34cd34", "cd34" * 16),
        "vocoder": ("hifigan, ab12ab12", f"hifigan, {'ab12' * 16}"),
    }
