"""INCA with an adversary: what it matches, when, and that it finds a conversion without pairs."""

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor
from trainers import trainer

from pipeline.methods.inca import INCA
from pipeline.methods.registry import load_run
from pipeline.samples import DatasetSpec, Spec, Unpaired

SOUND = Spec(channels=1, height=8, width=None, bounded=False)
BLOCK = {
    "method": "inca",
    "data": "none",
    "source": "a",
    "target": "b",
    "steps": 150,
    "crop": 16,
    "generator": {"width": 32, "dilations": [1]},
    "discriminator": {"width": 4, "frames_width": 8},
    "pooled_rows": 1,
}
SPECS = DatasetSpec(specs={"a": SOUND, "b": SOUND})


def build(**changes) -> INCA:
    torch.manual_seed(0)
    method = load_run({**BLOCK, **changes}).build(SPECS)
    assert isinstance(method, INCA)
    return method


def batch(count: int = 8, seed: int = 0) -> Unpaired:
    generator = torch.Generator().manual_seed(seed)
    return Unpaired(*torch.randn(2, count, 1, 8, 16, generator=generator))


def test_the_discriminators_begin_when_they_are_to():
    method = build(discriminator_start=1)
    names = [[u.optimizer for u in method.updates(batch(), step)] for step in (0, 1)]
    assert names == [["generators"], ["generators", "discriminators"]]


@pytest.mark.parametrize(("steps", "start"), [(1, 0), (3, 1), (599, 299), (700, 300)])
def test_they_begin_after_300_steps_or_halfway(steps, start):
    assert build(steps=steps).params.starts == {"discriminator_start": start}
    assert build(steps=steps, discriminator_start=0).params.starts["discriminator_start"] == 0


def test_an_untrained_generator_matches_frames_of_equal_speech_to_themselves():
    method, speech = build(), batch().a
    found = method.match(speech, speech, speech, method.queue_b)
    assert torch.equal(found.nearest, torch.arange(8 * 16))
    assert float(found.distance) < 1e-2


def test_the_anchor_says_what_is_compared():
    x, y = batch().a, batch().b
    places = {}
    for anchor in (0.0, 1.0):
        method = build(anchor=anchor, context=0, neighbours=1)
        places[anchor] = method.match(x, y, torch.cat([x, y]), method.queue_b).forward
    rows = {0.0: y, 1.0: x}
    for anchor, found in places.items():
        torch.testing.assert_close(found, rows[anchor][:, 0].transpose(1, 2).flatten(0, 1))


def test_the_queue_holds_the_targets_of_the_last_steps():
    method = build(queue=20)
    for seed in range(4):
        for _ in method.updates(batch(seed=seed), 0):
            pass
    assert method.queue_b.samples.shape == (20, 1, 8, 16)
    torch.testing.assert_close(method.queue_b.samples[-8:], batch(seed=3).b)
    torch.testing.assert_close(method.queue_a.samples[-8:], batch(seed=3).a)


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"crop": 6}, "context: found 2 steps of 3 frames"), ({"neighbours": 0}, "greater than")],
)
def test_refusals(changes, message):
    with pytest.raises(ValidationError, match=message):
        load_run({**BLOCK, **changes})


def test_pictures_are_refused():
    pictures = Spec(channels=3, height=8, width=8, bounded=True)
    run = load_run({**BLOCK, "crop": None})
    with pytest.raises(ValueError, match="translates sound, but a has pictures"):
        run.build(DatasetSpec(specs={"a": pictures, "b": pictures}))


def spoken(centres: Tensor, order: Tensor) -> Tensor:
    """Samples [N, 1, C, T] of sounds [N, T / 4], four noisy frames of centres [K, C] each."""
    frames = centres[order.repeat_interleave(4, dim=1)]
    return (frames + 0.1 * torch.randn(frames.shape)).transpose(1, 2)[:, None]


def test_each_sound_is_turned_into_the_same_of_the_other_speaker_without_a_pair():
    torch.manual_seed(0)
    theirs = 2 * torch.randn(6, 8)  # six sounds
    other_tract = torch.tensor([1.2, -0.9, 0.8, -1.1, 1.0, -0.8, 0.9, -1.2])
    sounds = {"a": theirs, "b": theirs + other_tract}
    run, method = load_run(BLOCK), build()
    training = trainer(run, method)
    for _ in range(run.steps):
        said = torch.randint(6, (2, 8, 4))
        training.take_step(Unpaired(*(spoken(sounds[of], said[n]) for n, of in enumerate("ab"))))
    said = torch.randint(6, (8, 4))
    x = spoken(sounds["a"], said)
    wanted = sounds["b"][said.repeat_interleave(4, dim=1)].transpose(1, 2)[:, None]
    with torch.no_grad():
        before, after = ((y - wanted).square().mean() for y in (x, method.model.translate(x, "b")))
    assert float(after) < 0.25 * float(before)
