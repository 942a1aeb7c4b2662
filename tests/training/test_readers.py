"""Batches: a function of (seed, step), every item once an epoch, the same over processes."""

from collections import Counter
from typing import Any, get_args

import numpy as np
import pytest
import tiny
import torch
from stores import prepared
from torch import Tensor

from pipeline.codecs.spectrogram import log_mel
from pipeline.datasets.folders import SoundFolderParams
from pipeline.datasets.store import Domain, Store
from pipeline.errors import UserError
from pipeline.methods.base import RunParams
from pipeline.methods.classifier import ClassifierParams
from pipeline.methods.registry import load_run
from pipeline.samples import Batch, Labelled, Paired, Spec, Unpaired
from pipeline.training.augmentation import Augmentation
from pipeline.training.reader import Reader
from pipeline.training.readers import READERS, reader_of

CPU = torch.device("cpu")


def run_params(method: str, **fields: Any) -> RunParams:
    return load_run({"method": method, "data": "d", "steps": 9, **fields})


def unpaired(source: str, target: str, **fields: Any) -> RunParams:
    return run_params("cyclegan", source=source, target=target, **fields)


def paired(source: str, target: str, **fields: Any) -> RunParams:
    return run_params("pix2pix", source=source, target=target, **fields)


def vocoded(*domains: str, **fields: Any) -> RunParams:
    toy = {**tiny.TOYS["hifigan"], "crop": 8, "batch": 4, **fields}
    return run_params("hifigan", domains=list(domains), **toy)


@pytest.fixture(scope="module")
def heard_store(raw_sounds: SoundFolderParams, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """`sound_store` with its sound."""
    out = tmp_path_factory.mktemp("heard") / "sounds"
    return prepared(raw_sounds.model_copy(update={"keep_audio": True}), out)


@pytest.fixture(scope="module")
def uneven_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Sound whose clips have equal names in both domains, but not equal lengths."""
    root = tmp_path_factory.mktemp("uneven")
    for name, seconds in (("ann", 0.5), ("bob", 0.6)):
        tiny.write_sound(root / name / "1.wav", 1, seconds)
    folders = {"train": {name: name for name in ("ann", "bob")}}
    made = SoundFolderParams(root=str(root), folders=folders, convention=tiny.CONVENTION)
    return prepared(made, root / "prepared")


def batches(store: Store, params: RunParams, seed: int = 1, **share: int) -> Reader:
    return reader_of(store, params, seed=seed, device=CPU, **share)


def rows(store: Store, domain: str, x: Tensor) -> list[int]:
    """Find the pictures of a training domain that samples are."""
    reader = store.domain("train", domain)
    stored = torch.from_numpy(np.stack([reader.item(i) for i in range(len(reader))]))
    known = store.codec.to_sample(stored, domain)
    found = [[i for i, row in enumerate(known) if torch.equal(row, sample)] for sample in x]
    assert all(len(places) == 1 for places in found)
    return [places[0] for places in found]


def place_of(clips: Domain, chunk: np.ndarray) -> tuple[int, int]:
    """Clip and frame at which stored frames [T, M] stand."""
    for index in range(len(clips)):
        whole = clips.item(index)
        for start in range(len(whole) - len(chunk) + 1):
            if np.array_equal(whole[start : start + len(chunk)], chunk):
                return index, start
    raise AssertionError("a chunk that is in no clip")


def flat(batch: Batch) -> list[Tensor]:
    return [values for values in batch if values is not None]


@pytest.mark.parametrize(
    "params",
    [
        unpaired("day", "other", batch=3),
        paired("day", "night", batch=3),
        run_params("vae", domains=["other"], batch=3),
    ],
    ids=["unpaired", "paired", "labelled"],
)
def test_a_batch_is_a_function_of_seed_and_step(picture_store, params):
    one, two = batches(picture_store, params), batches(picture_store, params)
    forwards = [flat(one(step)) for step in range(8)]
    backwards = [flat(two(step)) for step in reversed(range(8))][::-1]
    for a, b in zip(forwards, backwards, strict=True):
        assert all(torch.equal(x, y) for x, y in zip(a, b, strict=True))
    other = [flat(batches(picture_store, params, seed=2)(step)) for step in range(8)]
    assert not all(torch.equal(a[0], b[0]) for a, b in zip(forwards, other, strict=True))


def test_every_item_comes_once_an_epoch_in_another_order(picture_store):
    read = batches(picture_store, unpaired("day", "other", batch=3))
    a = rows(picture_store, "day", torch.cat([read(step).a for step in range(7)]))
    b = rows(picture_store, "other", torch.cat([read(step).b for step in range(5)]))
    epochs = [a[0:7], a[7:14], a[14:21]]
    assert all(sorted(epoch) == list(range(7)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 1
    assert all(sorted(b[at : at + 5]) == list(range(5)) for at in (0, 5, 10))


def test_unpaired_domains_are_shuffled_apart_and_paired_ones_together(picture_store):
    read = batches(picture_store, unpaired("day", "night", batch=7))
    x = read(0)
    assert rows(picture_store, "day", x.a) != rows(picture_store, "night", x.b)
    read = batches(picture_store, paired("day", "night", batch=3))
    for step in range(6):
        x = read(step)
        assert rows(picture_store, "day", x.a) == rows(picture_store, "night", x.b)


def test_samples_are_float_pictures_in_range(picture_store):
    x = batches(picture_store, paired("day", "night", batch=5))(0).a
    assert x.shape == (5, 3, 16, 16)
    assert x.dtype == torch.float32
    assert x.min() >= -1
    assert x.max() <= 1


def test_labels_belong_to_their_digits(digits_store):
    read = batches(digits_store, run_params("vae", domains=["digit"], batch=32))
    train = digits_store.domain("train", "digit")
    for step in (0, 3):
        x, y, _ = read(step)
        assert y.dtype == torch.int64
        for sample, label in zip(x[:4], y[:4], strict=True):
            stored = digits_store.codec.from_sample(sample[None], "digit")[0]
            same = [i for i in range(len(train)) if np.array_equal(train.row(i), stored)]
            assert label in train.labels[same]


def test_several_domains_take_turns_and_are_the_classes(picture_store, sound_store):
    classifier = ClassifierParams(data="d", domains=("day", "night"), steps=1, batch=6)
    x, y, _ = batches(picture_store, classifier)(0)
    assert y.tolist() == [0, 1] * 3
    rows(picture_store, "day", x[0::2])
    rows(picture_store, "night", x[1::2])
    classifier = ClassifierParams(data="d", domains=("ann", "bob"), steps=1, batch=4, crop=8)
    x, y, _ = batches(sound_store, classifier)(0)
    for sample, label in zip(x, y, strict=True):
        # Standardised by the first domain's statistics, whichever domain it is of.
        frames = sound_store.codec.from_sample(sample[None], "ann")[0]
        clips = sound_store.domain("train", ("ann", "bob")[label])
        place_of(clips, frames.half().numpy())


def test_several_domains_that_are_coded_keep_their_own_statistics(sound_store):
    params = run_params("vqvae", domains=["ann", "bob"], batch=4, crop=8)
    x, y, _ = batches(sound_store, params)(0)
    for sample, label in zip(x, y, strict=True):
        name = ("ann", "bob")[label]
        frames = sound_store.codec.from_sample(sample[None], name)[0]
        place_of(sound_store.domain("train", name), frames.half().numpy())


@pytest.mark.parametrize(
    ("store", "params"),
    [
        ("picture_store", unpaired("day", "other", batch=4)),
        ("picture_store", paired("day", "night", batch=4)),
        ("picture_store", run_params("vae", domains=["day"], batch=4)),
        ("sound_store", unpaired("ann", "bob", batch=4, crop=8)),
        (
            "sound_store",
            ClassifierParams(data="d", domains=("ann", "bob"), steps=1, batch=4, crop=8),
        ),
        ("heard_store", vocoded("ann", "bob")),
    ],
)
def test_the_shares_of_processes_make_the_whole_batch(store, params, request):
    store = request.getfixturevalue(store)
    whole = batches(store, params)
    shares = [batches(store, params, rank=rank, world=2) for rank in (0, 1)]
    for step in range(5):
        first, second = (flat(share(step)) for share in shares)
        for all_of_it, even, odd in zip(flat(whole(step)), first, second, strict=True):
            assert torch.equal(all_of_it[0::2], even)
            assert torch.equal(all_of_it[1::2], odd)


def test_chunks_lie_inside_clips_that_are_long_enough(sound_store):
    crop = 20
    read = batches(sound_store, unpaired("ann", "bob", batch=2, crop=crop))
    found: Counter[tuple[int, int]] = Counter()
    clips = sound_store.domain("train", "ann")
    for step in range(20):
        x = read(step).a
        assert x.shape == (2, 1, 16, crop)
        for frames in sound_store.codec.from_sample(x, "ann"):
            found[place_of(clips, frames.half().numpy())] += 1
    # The third clip has 12 frames only; the others come equally often, begun all over.
    assert Counter(index for index, _ in found.elements()) == {0: 10, 1: 10, 3: 10, 4: 10}
    assert len({start for index, start in found if index == 3}) >= 5


def test_frames_and_sound_are_of_one_place(heard_store):
    read, hop = batches(heard_store, vocoded("ann", "bob")), tiny.CONVENTION.hop
    for step in range(6):
        frames, wave = read(step)
        assert frames.shape == (4, tiny.SIDE, 8)
        assert wave.shape == (4, 8 * hop)
        assert frames.dtype == wave.dtype == torch.float32
        for place, (chunk, sound) in enumerate(zip(frames, wave, strict=True)):
            clips = heard_store.domain("train", ("ann", "bob")[place % 2])
            index, start = place_of(clips, chunk.T.half().numpy())
            whole = clips.wave(index, 0, int(clips.lengths[index]) * hop)
            np.testing.assert_array_equal(sound, whole[start * hop : (start + 8) * hop])
            # Away from its ends a chunk's frames are those of the clip.
            again = log_mel(sound, tiny.CONVENTION)[:, 2:-2]
            torch.testing.assert_close(again, chunk[:, 2:-2], atol=0.02, rtol=0)


def test_pairs_of_frames_and_sound_are_a_function_of_seed_and_step(heard_store):
    params = vocoded("ann", "bob", batch=3)
    one, two = batches(heard_store, params), batches(heard_store, params)
    forwards = [one(step) for step in range(6)]
    backwards = [two(step) for step in reversed(range(6))][::-1]
    for a, b in zip(forwards, backwards, strict=True):
        assert torch.equal(a.frames, b.frames)
        assert torch.equal(a.wave, b.wave)
    other = batches(heard_store, params, seed=2)
    assert not all(torch.equal(a.wave, other(step).wave) for step, a in enumerate(forwards))


def test_speakers_take_turns_and_names_say_whose_clips_they_are(heard_store):
    read = batches(heard_store, vocoded("ann", "bob"))
    for step in (0, 3):
        names = read.names(step)
        assert [name.split("/")[0] for name in names] == ["ann", "bob"] * 2
        for name, chunk in zip(names, read(step).frames, strict=True):
            domain, _, key = name.partition("/")
            clips = heard_store.domain("train", domain)
            assert clips.keys[place_of(clips, chunk.T.half().numpy())[0]] == key


@pytest.mark.parametrize(
    ("store", "params", "share", "words"),
    [
        ("sound_store", vocoded("ann", "bob"), {}, "frames alone of ann, bob.*keep_audio: true"),
        ("picture_store", vocoded("day"), {}, "pictures: a vocoder learns from sound"),
        (
            "heard_store",
            vocoded("ann", convention={**tiny.TOYS["hifigan"]["convention"], "fmax": 3000}),
            {},
            "of another convention: fmax: expected 3000.0, found 4000.0",
        ),
        ("heard_store", vocoded("ann", crop=500), {}, "no clip has 500 frames"),
        ("sound_store", unpaired("ann", "bob"), {}, "sound needs 'crop'"),
        ("sound_store", unpaired("ann", "bob", crop=8, flip=True), {}, "flip mirrors pictures"),
        ("sound_store", unpaired("ann", "bob", crop=8, resize=9), {}, "resize scales pictures"),
        ("sound_store", unpaired("ann", "bob", crop=8, colour=0.1), {}, "colour changes pictures"),
        (
            "sound_store",
            unpaired("ann", "bob", crop=500),
            {},
            r"ann: no clip has 500 frames \(crop\); the longest has 87",
        ),
        (
            "picture_store",
            unpaired("day", "other", crop=17),
            {},
            "pictures of 16 pixels are smaller than the crop of 17",
        ),
        ("picture_store", paired("day", "other"), {}, "day and other are not aligned in 'train'"),
        (
            "uneven_store",
            paired("ann", "bob", crop=8),
            {},
            "clips of ann and bob differ in length in 'train'",
        ),
        ("picture_store", unpaired("day", "dusk"), {}, "no domain 'dusk' in split 'train'"),
        (
            "picture_store",
            unpaired("day", "night", batch=3),
            {"rank": 0, "world": 2},
            "a batch of 3 does not divide among 2 processes",
        ),
        (
            "picture_store",
            unpaired("day", "other", batch=500),
            {},
            "a batch of 500 takes 500 items of 'day', but .* has 7 of them in 'train': set batch "
            "to 7 or less",
        ),
        (
            "picture_store",
            unpaired("day", "other", batch=6),
            {},
            "a batch of 6 takes 6 items of 'other', but .* has 5 of them in 'train'",
        ),
        (
            "heard_store",
            vocoded("ann", "bob", batch=2000),
            {},
            "a batch of 2000 takes 1000 chunks of 8 frames of 'ann', but .* has 188 of them in "
            "'train': set batch to 376 or less",
        ),
    ],
)
def test_what_the_store_does_not_hold_is_refused(store, params, share, words, request):
    with pytest.raises(UserError, match=words):
        batches(request.getfixturevalue(store), params, **share)


# What networks are built from


def test_every_kind_of_batch_has_a_reader():
    assert set(READERS) == set(get_args(Batch))


@pytest.mark.parametrize(
    ("store", "params"),
    [
        ("picture_store", unpaired("day", "other", batch=2)),
        ("picture_store", paired("day", "night", batch=2)),
        ("picture_store", run_params("vae", domains=["day"], batch=2)),
        ("heard_store", vocoded("ann", "bob", batch=2)),
    ],
)
def test_a_reader_gives_its_kind_of_batch(store, params, request):
    read = batches(request.getfixturevalue(store), params)
    assert type(read) is READERS[params.reads]
    assert type(read(0)) is params.reads


def test_labelled_sound_has_the_width_of_its_chunks(sound_store):
    data = run_params("vae", domains=["ann"], crop=12).select(sound_store.spec)
    assert data.specs == {"ann": Spec(channels=1, height=tiny.SIDE, width=12, bounded=False)}
    assert data.classes == ()
    free = unpaired("ann", "bob", crop=12).select(sound_store.spec)
    assert {spec.width for spec in free.specs.values()} == {None}


def test_several_labelled_domains_are_the_classes(picture_store, sound_store, digits_store):
    both = run_params("vae", domains=["bob", "ann"], crop=12).select(sound_store.spec)
    assert both.classes == tuple(both.specs) == ("bob", "ann")
    days = run_params("vae", domains=["day", "night"]).select(picture_store.spec)
    assert days.classes == ("day", "night")
    assert days.specs["day"] == picture_store.codec.spec("day")
    digits = run_params("vae", domains=["digit"]).select(digits_store.spec)
    assert digits.classes == tuple("0123456789")


def test_a_step_reads_a_batch_for_each_of_the_discriminators_steps(picture_store):
    params = run_params("gan", domains=["day", "other"], batch=2, discriminator_steps=3)
    assert params.batches_per_step == 3
    read = batches(picture_store, params)
    steps = [read(step) for step in range(2)]
    assert [len(step.x) for step in steps] == [6, 6]
    for number, name in enumerate(("day", "other")):
        x = torch.cat([step.x[step.y == number] for step in steps])
        found = rows(picture_store, name, x)
        assert len(set(found[:5])) == 5  # of the five or seven there are, none twice an epoch
    shares = [batches(picture_store, params, rank=rank, world=2)(0) for rank in (0, 1)]
    assert all(torch.equal(share.x, steps[0].x[rank::2]) for rank, share in enumerate(shares))


# Augmentation


def is_crop(sample: Tensor, whole: Tensor, flipped: bool) -> bool:
    side = sample.shape[-1]
    turned = sample.flip(-1) if flipped else sample
    reach = range(whole.shape[-1] - side + 1)
    return any(
        torch.equal(turned, whole[:, top : top + side, left : left + side])
        for top in reach
        for left in reach
    )


def test_crops_and_flips_only_move_pixels():
    x = torch.rand(24, 3, 14, 14) * 2 - 1
    torch.manual_seed(0)
    augment = Augmentation(unpaired("a", "b", crop=9, flip=True), pictures=True)
    y = augment(Unpaired(x, x)).a
    assert y.shape == (24, 3, 9, 9)
    straight = [is_crop(sample, whole, False) for sample, whole in zip(y, x, strict=True)]
    mirrored = [is_crop(sample, whole, True) for sample, whole in zip(y, x, strict=True)]
    assert all(a != b for a, b in zip(straight, mirrored, strict=True))
    assert 5 < sum(straight) < 19


def test_paired_halves_are_moved_together_and_unpaired_ones_apart():
    x = torch.rand(16, 3, 12, 12) * 2 - 1
    torch.manual_seed(0)
    fields = {"crop": 8, "flip": True}
    together = Augmentation(paired("a", "b", **fields), pictures=True)(Paired(x, x[:, :1]))
    assert together.a.shape == (16, 3, 8, 8)
    assert torch.equal(together.a[:, :1], together.b)
    apart = Augmentation(unpaired("a", "b", **fields), pictures=True)(Unpaired(x, x))
    assert not torch.equal(apart.a, apart.b)


def test_labels_stay_with_their_pictures():
    x, y = torch.rand(8, 1, 6, 6), torch.arange(8)
    batch = Augmentation(run_params("vae", domains=["a"], flip=True), pictures=True)(Labelled(x, y))
    assert torch.equal(batch.y, y)
    for sample, whole in zip(batch.x, x, strict=True):
        assert is_crop(sample, whole, False) or is_crop(sample, whole, True)


def test_augmentation_repeats_with_torchs_seed():
    x = torch.rand(8, 3, 12, 12)
    augment = Augmentation(paired("a", "b", crop=8, flip=True), pictures=True)
    drawn = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        drawn.append(augment(Paired(x, x)).a)
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


def test_nothing_is_done_to_sound_or_unasked():
    pair = Unpaired(torch.rand(2, 1, 16, 16), torch.rand(2, 1, 16, 16))
    assert Augmentation(unpaired("a", "b", crop=8), pictures=False)(pair) is pair
    assert Augmentation(unpaired("a", "b"), pictures=True)(pair) is pair


def test_pictures_are_scaled_before_they_are_cropped():
    x = torch.linspace(-1, 1, 16).expand(2, 3, 16, 16)
    whole = Augmentation(unpaired("a", "b", resize=24), pictures=True)(Unpaired(x, x)).a
    assert whole.shape == (2, 3, 24, 24)
    assert whole.min() >= -1
    assert whole.max() <= 1
    assert (whole.diff(dim=3)[..., 2:-2] > 0.05).all()  # a ramp is a ramp, 1.5 times as long
    augment = Augmentation(paired("a", "b", resize=24, crop=16), pictures=True)
    torch.manual_seed(0)
    a, b = augment(Paired(x, 2 * x))
    assert a.shape == (2, 3, 16, 16)
    torch.testing.assert_close(b, 2 * a)


def test_scaling_makes_room_for_a_crop(picture_store):
    data = picture_store.spec
    assert unpaired("day", "other", resize=24, crop=20).sample_size(data) == (20, 20)
    assert unpaired("day", "other", resize=24).sample_size(data) == (24, 24)
    with pytest.raises(UserError, match="pictures of 24 pixels are smaller than the crop of 25"):
        batches(picture_store, unpaired("day", "other", resize=24, crop=25))


def test_colours_vary_from_picture_to_picture_and_stay_in_range():
    x = torch.rand(1, 3, 8, 8).expand(16, -1, -1, -1) * 2 - 1
    torch.manual_seed(0)
    a, b = Augmentation(unpaired("a", "b", colour=0.5), pictures=True)(Unpaired(x, x))
    assert not torch.equal(a, b)
    assert len({float(row.mean()) for row in a}) == 16
    assert a.abs().max() <= 1
    for row in a:  # what is lighter stays lighter: contrast changes at most by a quarter
        grey, before = row.mean(dim=0).flatten(), x[0].mean(dim=0).flatten()
        assert torch.corrcoef(torch.stack([grey, before]))[0, 1] > 0.9
    weak = Augmentation(unpaired("a", "b", colour=0.01), pictures=True)(Unpaired(x, x)).a
    assert (weak - x).abs().max() < 0.05
