"""The evaluations that a model gets, and what they are given."""

import evaluating
import pytest
import torch
from evaluating import Constant
from torch import Generator, Tensor, nn

from pipeline.capabilities import Reconstructor, Sampler, Vocoder
from pipeline.conventions import MelConvention
from pipeline.errors import UserError
from pipeline.evaluation import EVALUATIONS, Context, Networks, evaluate
from pipeline.evaluation.data import read_samples, split_chunks
from pipeline.evaluation.results import Measured


class Flat(Constant, Sampler):
    """Translates into one grey, and draws it too."""

    classes = 0

    def sample(self, n: int, generator: Generator | None = None, condition=None) -> Tensor:
        return torch.full((n, 3, 16, 16), self.value)


def test_a_model_that_translates_and_samples_is_evaluated_as_both(picture_store, tmp_path):
    model, classifier = Flat({"night": "day"}, 0.25, 3), evaluating.StandInClassifier()
    finished, networks = evaluating.finished(model, picture_store), Networks(classifier)
    results = evaluate(finished, picture_store, networks, tmp_path)
    found = evaluating.values(results)
    assert found.keys() == {"day_to_night", "samples"}
    assert found["day_to_night"]["l1"].keys() == {
        "model", "mean_picture", "untouched_input", "colour_statistics"
    }  # fmt: skip
    assert found["samples"].keys() == {
        "fd_features", "precision", "recall", "density", "coverage", "class_coverage"
    }  # fmt: skip
    pictures = {path.name for path in tmp_path.glob("*.png")}
    assert pictures == {"day_to_night.png", "day_to_night_cases.png", "samples.png"}
    assert results.verdicts.keys() == {"samples"}  # of the other task nothing decides here
    keys = picture_store.domain("test", "day").keys
    case = results.cases["day_to_night"]
    assert {case.best, case.median, case.worst} <= set(keys)
    assert results.protocol["data"] == picture_store.root.name
    assert len(str(results.protocol["data_checksum"])) == 64


def test_two_evaluations_give_the_same_numbers_whatever_was_drawn_before(picture_store, tmp_path):
    finished = evaluating.finished(Noisy(), picture_store, "day")
    first = evaluate(finished, picture_store, Networks(), tmp_path)
    torch.rand(3)
    assert evaluate(finished, picture_store, Networks(), tmp_path) == first
    assert first.rows("reconstruction", "mse")["model"] > 0


def test_every_capability_with_numbers_or_figures_is_in_the_table():
    from pipeline.capabilities import CAPABILITIES

    # A style or one shot needs a translator, and a space of styles a sampler.
    assert {row.capability for row in EVALUATIONS} == {
        kind
        for name, kind in CAPABILITIES.items()
        if name not in ("style", "one-shot", "style-space")
    }


def test_a_vocoder_is_evaluated_on_sound_alone(picture_store, sound_store, tmp_path):
    row = next(row for row in EVALUATIONS if row.capability is Vocoder)
    assert isinstance(sound_store.codec, row.codec)
    assert not isinstance(picture_store.codec, row.codec)
    model = Classical(sound_store.codec.convention)
    finished = evaluating.finished(model, picture_store, "day")
    assert evaluate(finished, picture_store, Networks(), tmp_path).tasks == {}


def test_the_untrained_model_is_built_once_where_it_is_needed(picture_store, tmp_path):
    built = []

    class Params(evaluating.StandInParams):
        def build_model(self, data, pretrained) -> nn.Module:
            assert data.specs.keys() == {"day"}
            built.append(nn.Linear(4, 4))
            return built[-1]

    finished = evaluating.finished(Noisy(), picture_store, "day")
    params = Params(("day",), Noisy())
    contexts = [
        Context(type(finished)("m", Noisy(), params, finished.codec, finished.card), *rest)
        for rest in [(picture_store, tmp_path)] * 2
    ]
    assert not built
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    first = contexts[0].untrained
    assert torch.rand(1) == expected  # building it leaves the global generator as it was
    assert contexts[0].untrained is first
    assert not first.training
    assert torch.equal(contexts[1].untrained.weight, first.weight)
    assert len(built) == 2


def test_tasks_carry_their_domain_where_there_are_several(picture_store, tmp_path):
    one = evaluating.context(Noisy(), picture_store, tmp_path, "day")
    two = evaluating.context(Noisy(), picture_store, tmp_path, "day", "night")
    assert one.task("reconstruction", "day") == "reconstruction"
    assert two.task("reconstruction", "day") == "reconstruction/day"


def test_domains_without_a_test_split_are_left_out_unless_none_has_one(picture_store, tmp_path):
    some = evaluating.context(Noisy(), picture_store, tmp_path, "day", "other")
    assert some.domains == ("day",)
    none = evaluating.context(Noisy(), picture_store, tmp_path, "other")
    with pytest.raises(UserError, match="no domain 'other' in split 'test'"):
        none.samples("test", none.domains[0])


def test_values_are_filed_to_four_decimals_under_known_metrics(picture_store, tmp_path):
    context = evaluating.context(Noisy(), picture_store, tmp_path, "day")
    context.add("task", "mse", {"model": 1 / 3}, count=3)
    assert context.results.tasks == {"task": {"mse": Measured({"model": 0.3333}, {}, {"count": 3})}}
    with pytest.raises(KeyError, match="beauty"):
        context.add("task", "beauty", {"model": 1.0})


def test_values_of_items_have_a_mean_and_its_interval(picture_store, tmp_path):
    context = evaluating.context(Noisy(), picture_store, tmp_path, "day")
    rows = {"model": torch.tensor([1.0, 2.0, 3.0, 6.0]), "noise": torch.tensor([5.0])}
    context.add("task", "mse", {**rows, "untrained": torch.tensor([1.0, torch.inf])})
    measured = context.results.tasks["task"]["mse"]
    assert measured.values == {"model": 3.0, "noise": 5.0, "untrained": torch.inf}
    assert measured.intervals.keys() == {"model"}
    low, high = measured.intervals["model"]
    assert 1 < low < 3 < high < 6


@pytest.mark.parametrize("width", [64, 16])
def test_sound_is_read_in_chunks(sound_store, width):
    found = read_samples(sound_store, "train", "ann", width=width)
    reader = sound_store.domain("train", "ann")
    clips = [reader.item(index) for index in range(len(reader))]
    assert found.shape == (sum(max(1, len(c) // width) for c in clips), 1, 16, width)
    whole = next(clip for clip in clips if len(clip) >= width)
    first = sound_store.codec.to_sample(torch.from_numpy(whole[None, :width].copy()), "ann")
    assert any(torch.equal(sample, first[0]) for sample in found)
    assert torch.equal(read_samples(sound_store, "train", "ann", limit=2, width=width), found[:2])


def test_chunks_of_a_short_clip_repeat_it():
    frames = torch.arange(6).view(3, 2).numpy()
    (chunk,) = split_chunks(frames, 7)
    assert chunk[:, 0].tolist() == [0, 2, 4, 0, 2, 4, 0]
    assert [part[:, 0].tolist() for part in split_chunks(frames, 1)] == [[0], [2], [4]]


class Classical(nn.Module, Vocoder):
    """A vocoder of a convention."""

    def __init__(self, convention: MelConvention) -> None:
        super().__init__()
        self.convention = convention

    def vocode(self, frames: Tensor) -> Tensor:
        raise NotImplementedError


class Noisy(nn.Module, Reconstructor):
    """Adds noise of the global generator, as dropout at inference does."""

    def reconstruct(self, x: Tensor) -> Tensor:
        return x + torch.randn_like(x)
