"""Samplers, reconstructors, tokenizers, scorers and latent spaces, of pictures and of sound."""

import json
import math

import evaluating
import numpy as np
import pytest
import soundfile
import torch
from evaluating import Silence, StandInClassifier
from torch import Generator, Tensor, nn

from pipeline.capabilities import Latent, Reconstructor, Sampler, Scorer, Tokenizer
from pipeline.evaluation import Networks, ceilings, evaluate
from pipeline.evaluation.codes import evaluate_tokenizer
from pipeline.evaluation.data import read_samples
from pipeline.evaluation.drawing import drawable
from pipeline.evaluation.interpolation import show_interpolations
from pipeline.evaluation.likelihood import evaluate_scorer
from pipeline.evaluation.reconstruction import evaluate_reconstructor
from pipeline.evaluation.sampling import evaluate_sampler

HOP = 64


class Rounded(nn.Module, Reconstructor, Tokenizer):
    """Codes each value by its sign."""

    codes = 2

    def reconstruct(self, x: Tensor) -> Tensor:
        return self.decode_codes(self.encode_codes(x))

    def encode_codes(self, x: Tensor) -> Tensor:
        return (x[:, 0] > 0).long()

    def decode_codes(self, codes: Tensor) -> Tensor:
        return (2.0 * codes - 1)[:, None]


class Half(nn.Module, Sampler, Reconstructor, Scorer, Latent):
    """Gives back half of what it gets; draws standard normal samples and scores by them."""

    classes = 0

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.width = width

    def sample(self, n: int, generator: Generator | None = None, condition=None) -> Tensor:
        return torch.randn(n, 1, 16, self.width, generator=generator)

    def reconstruct(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))

    def score(self, x: Tensor) -> Tensor:
        nats = 0.5 * self.encode(x).square() + 0.5 * math.log(2 * math.pi)
        return -nats.sum(dim=1)

    def encode(self, x: Tensor) -> Tensor:
        assert x.shape[1:] == (1, 16, self.width)
        return x.flatten(1)

    def decode(self, z: Tensor) -> Tensor:
        return 0.5 * z.view(len(z), 1, 16, self.width)


def test_tokenizers_are_measured_by_what_they_rebuild_and_how_much_of_the_codebook_they_use(
    digits_store, tmp_path
):
    model, classifier = Rounded(), StandInClassifier()
    finished = evaluating.finished(model, digits_store, "digit")
    results = evaluating.values(evaluate(finished, digits_store, Networks(classifier), tmp_path))
    rebuilt, codes = results["reconstruction"], results["codes"]
    x = read_samples(digits_store, "test", "digit")
    assert rebuilt["mse"]["model"] == pytest.approx(
        float((x - model.reconstruct(x)).square().mean()), abs=1e-4
    )
    assert rebuilt["high_frequency"]["model"] > 1  # signs have sharp edges
    assert rebuilt["high_frequency"]["test_pictures"] == 1
    assert set(rebuilt["fd_features"]) == {"model", "mean_picture", "test_pictures"}
    assert rebuilt["fd_features"]["test_pictures"] < rebuilt["fd_features"]["mean_picture"]
    share = float(model.encode_codes(x).float().mean())
    entropy = -share * np.log(share) - (1 - share) * np.log(1 - share)
    assert codes["perplexity"]["model"] == pytest.approx(np.exp(entropy), abs=1e-4)
    assert codes["perplexity"]["half_the_codebook"] == 1
    assert codes["codebook_usage"]["model"] == 1


def test_everything_that_a_generative_model_of_sound_can_do_is_evaluated(
    sound_store, tmp_path, monkeypatch
):
    monkeypatch.setattr(ceilings, "FEW", 1)
    finished = evaluating.finished(Half(), sound_store, "ann", width=16)
    networks = Networks(StandInClassifier())
    found = evaluating.values(evaluate(finished, sound_store, networks, tmp_path))
    assert found.keys() == {"samples", "reconstruction", "likelihood"}
    ends = {"model", "mean_chunk", "test_chunks"}
    assert found["samples"]["fd_features"].keys() == {
        "model", "noise", "gaussian", "untrained", "test_chunks"
    }  # fmt: skip
    assert found["reconstruction"]["fd_features"].keys() == ends
    assert found["likelihood"].keys() == {"elbo"}  # sound has no levels to count bits by
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")} == {
        "samples.png",
        "samples.json",
        "reconstructions.png",
        "reconstructions.json",
        "reconstruction_cases.png",
        "reconstruction_cases.json",
        "interpolations.png",
        "interpolations.json",
        *(f"samples/{n}{end}" for n in range(3) for end in (".png", ".json", "_model.wav")),
        *(
            f"reconstructions/{n}{end}"
            for n in range(3)
            for end in (".png", ".json", "_model.wav", "_original.wav")
        ),
    }
    caption = json.loads((tmp_path / "reconstructions.json").read_text())
    assert caption["title"] == "Reconstructions of the first test chunks"
    assert caption["rows"] == ["test chunk", "reconstruction"]
    assert json.loads((tmp_path / "samples/1.json").read_text())["title"] == "Sample 2"


def test_reconstructions_of_sound_by_another_way(sound_store, tmp_path):
    context = evaluating.context(Half(), sound_store, tmp_path, "ann", width=16)
    evaluate_reconstructor(context)
    x, train = (read_samples(sound_store, split, "ann", width=16) for split in ("test", "train"))
    found = evaluating.values(context.results)["reconstruction"]
    errors = [x.square().mean() / 4, (x - train.mean(dim=0)).square().mean()]
    assert list(found["mse"].values()) == pytest.approx([float(e) for e in errors], abs=1e-4)
    assert found["high_frequency"] == {"model": pytest.approx(0.25), "test_chunks": 1.0}


def test_likelihoods_of_sound_by_another_way(sound_store, tmp_path):
    context = evaluating.context(Half(), sound_store, tmp_path, "bob", width=16)
    evaluate_scorer(context)
    x, train = (read_samples(sound_store, split, "bob", width=16) for split in ("test", "train"))
    mean = train.mean(dim=0)
    gaussian = torch.distributions.Normal(mean, (train - mean).square().mean().sqrt())
    normal = torch.distributions.Normal(0.0, 1.0)
    expected = [float(d.log_prob(x).sum(dim=(1, 2, 3)).mean()) for d in (normal, gaussian)]
    rows = evaluating.values(context.results)["likelihood"]["elbo"]
    assert list(rows) == ["model", "mean_chunk"]
    assert list(rows.values()) == pytest.approx(expected, rel=1e-5)


def test_samples_of_sound_are_nearer_to_test_data_of_their_kind_than_to_others(
    sound_store, tmp_path, monkeypatch
):
    monkeypatch.setattr(ceilings, "FEW", 1)

    class Copies(Half):
        def sample(self, n: int, generator: Generator | None = None, condition=None) -> Tensor:
            real = read_samples(sound_store, "train", "ann", width=16)
            return real.repeat(-(-n // len(real)), 1, 1, 1)[:n]

    context = evaluating.context(
        Copies(), sound_store, tmp_path, "ann", width=16, untrained=Half(),
        classifier=StandInClassifier(),
    )  # fmt: skip
    evaluate_sampler(context)
    rows = evaluating.values(context.results)["samples"]["fd_features"]
    assert min(rows, key=lambda name: rows[name]) == "model"
    assert rows["model"] < 0.2  # and not 0: as many are drawn as there are test chunks
    assert rows["test_chunks"] < rows["noise"]
    assert rows["test_chunks"] < rows["untrained"]


def test_samples_of_a_speaker_that_is_asked_for_count_as_its_own(sound_store, tmp_path):
    """Chunks of bob's are heard as ann's by a model that does not tell the two apart."""

    class Echo(Half):
        def sample(self, n: int, generator: Generator | None = None, condition=None) -> Tensor:
            of_ann, of_bob = (
                read_samples(sound_store, "train", name, limit=n, width=16)
                for name in ("ann", "bob")
            )
            if condition is None:
                return of_bob[torch.arange(n) % len(of_bob)]
            rows = torch.arange(n)
            return torch.where(
                condition[:, None, None, None] == 0,
                of_ann[rows % len(of_ann)],
                of_bob[rows % len(of_bob)],
            )

    codec, seen = sound_store.codec, {}
    for classes in (0, 2):
        model, classifier = Echo(), StandInClassifier()
        model.classes, classifier.class_names = classes, ("ann", "bob")
        context = evaluating.context(
            model, sound_store, tmp_path / str(classes), "ann", "bob",
            width=16, classifier=classifier, classes=("ann", "bob"),
        )  # fmt: skip
        evaluate_sampler(context)
        seen[classes] = classifier.seen
    reals = [read_samples(sound_store, "train", name, width=16) for name in ("ann", "bob")]
    own = codec.to_sample(codec.from_sample(reals[1], "bob"), "ann")
    assert torch.equal(seen[0][0], torch.cat(reals))
    torch.testing.assert_close(seen[2][0], torch.cat([reals[0], own]))
    known = torch.cat([reals[0], own])
    for sample in seen[2][1]:
        assert min(float((sample - other).abs().max()) for other in known) < 1e-4


@pytest.mark.parametrize(("width", "frames"), [(16, 16), (None, 64)])
def test_a_model_gets_chunks_of_its_own_width_and_is_heard(sound_store, tmp_path, width, frames):
    context = evaluating.context(Half(frames), sound_store, tmp_path, "ann", width=width)
    evaluate_sampler(context)
    evaluate_reconstructor(context)
    show_interpolations(context)
    for name in ("samples/0_model", "reconstructions/1_model", "reconstructions/1_original"):
        wave, rate = soundfile.read(tmp_path / f"{name}.wav")
        assert rate == sound_store.codec.convention.rate
        assert len(wave) == frames * HOP
        assert np.abs(wave).max() > 0


def test_sound_is_made_by_the_vocoder_that_is_given(sound_store, tmp_path):
    vocoder = Silence(sound_store.codec.convention)
    context = evaluating.context(Half(), sound_store, tmp_path, "ann", width=16, vocoder=vocoder)
    evaluate_sampler(context)
    evaluate_reconstructor(context)
    waves = [soundfile.read(path)[0] for path in tmp_path.rglob("*.wav")]
    assert len(waves) == 9
    assert not np.concatenate(waves).any()


def test_low_frequencies_are_drawn_at_the_bottom(sound_store, picture_store):
    x = torch.zeros(1, 1, 4, 2)
    x[0, 0, 0] = 3.0
    drawn = drawable(x, sound_store.codec)
    assert drawn[0, 0, :, 0].tolist() == [0, 0, 0, 1]
    assert drawable(x, picture_store.codec) is x


def test_a_classifier_of_speakers_hears_all_by_the_statistics_of_its_first(sound_store, tmp_path):
    classifier = StandInClassifier()
    classifier.class_names = ("ann", "bob")
    context = evaluating.context(
        Half(), sound_store, tmp_path, "bob", width=16, classifier=classifier
    )
    evaluate_reconstructor(context)
    reader = sound_store.domain("train", "bob")
    frames = torch.from_numpy(reader.item(0)[None, :16].copy())
    expected = sound_store.codec.to_sample(frames, "ann")
    reference = classifier.seen[0][:1]
    torch.testing.assert_close(reference, expected, rtol=1e-4, atol=1e-4)


def test_several_domains_have_reconstructions_and_likelihoods_each_and_codes_together(
    sound_store, tmp_path
):
    class Both(Half, Tokenizer):
        codes = 4

        def encode_codes(self, x: Tensor) -> Tensor:
            sizes = {len(read_samples(sound_store, "test", d, width=16)): d for d in of}
            return torch.full((len(x), 2, 2), of.index(sizes[len(x)]))

        def decode_codes(self, codes: Tensor) -> Tensor:
            raise NotImplementedError

    of = ("ann", "bob")
    finished = evaluating.finished(Both(), sound_store, *of, width=16)
    networks = Networks(StandInClassifier())
    found = evaluating.values(evaluate(finished, sound_store, networks, tmp_path))
    assert found.keys() == {
        "samples", "reconstruction/ann", "reconstruction/bob", "codes", "likelihood/ann",
        "likelihood/bob",
    }  # fmt: skip
    counts = [len(read_samples(sound_store, "test", domain, width=16)) for domain in of]
    p = counts[0] / sum(counts)
    entropy = -p * math.log(p) - (1 - p) * math.log(1 - p)
    assert found["codes"]["perplexity"]["model"] == pytest.approx(math.exp(entropy), abs=1e-4)
    assert found["codes"]["codebook_usage"]["model"] == 0.5
    for name in ("reconstructions/ann.png", "interpolations/bob.png", "reconstructions/bob/0.png"):
        assert (tmp_path / name).is_file()


def test_samples_of_several_domains_are_compared_with_equally_many_of_each(
    picture_store, tmp_path, monkeypatch
):
    from pipeline.evaluation import sampling

    class Grey(nn.Module, Sampler):
        classes = 0

        def sample(self, n: int, generator: Generator | None = None, condition=None) -> Tensor:
            return torch.rand(n, 3, 16, 16, generator=generator)

    monkeypatch.setattr(sampling, "MOST_REFERENCES", 6)
    classifier = StandInClassifier()
    context = evaluating.context(
        Grey(), picture_store, tmp_path, "day", "night", classifier=classifier
    )
    evaluate_sampler(context)
    parts = [
        read_samples(picture_store, "train", name, limit=3, evenly=True)
        for name in ("day", "night")
    ]
    assert torch.equal(classifier.seen[0], torch.cat(parts))
    assert len(classifier.seen[1]) == 6  # as many are drawn: of test pictures there are too few


def test_samples_are_compared_with_domains_of_their_channels(picture_store, tmp_path):
    context = evaluating.context(Rounded(), picture_store, tmp_path, "day", "night")
    specs = context.finished.card.data.specs
    specs["day"] = specs["day"].model_copy(update={"channels": 1})
    from pipeline.evaluation.sampling import matching_domains

    assert matching_domains(context, torch.zeros(1, 3, 16, 16)) == ("night",)


@pytest.mark.parametrize(("count", "rows"), [(3, 1), (1, 0)])
def test_an_odd_number_of_test_samples_is_interpolated(
    sound_store, tmp_path, monkeypatch, count, rows
):
    context = evaluating.context(Half(), sound_store, tmp_path, "ann", width=16)
    seen = []
    x = read_samples(sound_store, "test", "ann", limit=count, width=16)
    monkeypatch.setattr(type(context), "samples", lambda *_: x)
    monkeypatch.setattr(
        "pipeline.evaluation.interpolation.save_grid", lambda path, lines, _: seen.extend(lines)
    )
    show_interpolations(context)
    assert [len(line) for line in seen] == [8] * rows


def test_codes_of_untrained_weights_stand_beside_the_models(digits_store, tmp_path):
    class One(Rounded):
        def encode_codes(self, x: Tensor) -> Tensor:
            return torch.zeros(len(x), 1, 1, dtype=torch.int64)

    context = evaluating.context(One(), digits_store, tmp_path, "digit", untrained=Rounded())
    evaluate_tokenizer(context)
    usage = evaluating.values(context.results)["codes"]["codebook_usage"]
    assert usage == {"model": 0.5, "untrained": 1.0}
