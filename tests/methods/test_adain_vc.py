"""AdaIN-VC: who speaks and what is said come apart."""

from typing import Any

import pytest
import tiny
import torch
from pydantic import ValidationError
from torch import Tensor, nn
from trainers import trainer

from pipeline.backbones.adain_vc import AdaINVCNetworkParams, in_turn
from pipeline.inference.translation import translate_any_size
from pipeline.methods.adain_vc import AdaINVC, AdaINVCParams
from pipeline.methods.registry import load_run
from pipeline.models.adain_vc import AdaINVCModel
from pipeline.samples import DatasetSpec, Labelled, Spec

SPEAKERS = ("ann", "bob", "cid")
BLOCK = {"method": "adain_vc", "data": "d", "domains": SPEAKERS, "steps": 8}
SMALL = {"width": 8, "blocks": 4, "dense": 1, "bank": 4, "latent": 6, "embedding": 5}


def params(**changes: Any) -> AdaINVCParams:
    run = load_run({**BLOCK, "network": SMALL, "crop": 32, **changes})
    assert isinstance(run, AdaINVCParams)
    return run


def built(features: int = 12, **changes: Any) -> AdaINVC:
    torch.manual_seed(0)
    spec = Spec(channels=1, height=features, width=None, bounded=False)
    method = params(**changes).build_for(DatasetSpec(specs=dict.fromkeys(SPEAKERS, spec)))
    assert isinstance(method, AdaINVC)
    return method


def model_of(**changes: Any) -> AdaINVCModel:
    return built(**changes).model.eval()


def samples(count: int = 3, features: int = 12, frames: int = 32, seed: int = 0) -> Tensor:
    return torch.randn(count, 1, features, frames, generator=torch.Generator().manual_seed(seed))


# The paper's networks


def test_the_published_networks_have_their_size():
    spec = Spec(channels=1, height=80, width=None, bounded=False)
    data = DatasetSpec(specs=dict.fromkeys(SPEAKERS, spec))
    with torch.device("meta"):
        model = load_run(BLOCK).build_model(data)
    networks = (model.content, model.speaker, model.decoder)
    assert [*map(tiny.count_parameters, networks)] == [1_512_192, 1_710_336, 1_653_840]
    assert tiny.count_parameters(model) == 4_876_368


def test_defaults_are_the_papers():
    run = load_run(BLOCK)
    assert isinstance(run, AdaINVCParams)
    assert (run.crop, run.reconstruction_weight, run.kl_weight) == (128, 10, 0.01)
    adam = run.optimizer
    assert (adam.lr, adam.beta1, adam.beta2) == (5e-4, 0.9, 0.999)
    network = run.network
    assert (network.width, network.blocks, network.dense, network.bank) == (128, 6, 6, 8)
    assert network.strides == [1, 2, 1, 2, 1, 2]
    assert network.multiple == 16


@pytest.mark.parametrize("features", [12, 36, 80])
def test_mels_and_mel_cepstra_keep_their_shape(features):
    model, x = model_of(features=features), samples(2, features, 48)
    assert model.encode_content(x).shape == (2, 6, 12)
    assert model.embed(x).shape == (2, 5)
    assert model.translate(x, "bob").shape == x.shape


@pytest.mark.parametrize("frames", [1, 7, 8, 9, 31, 100])
def test_sound_of_any_length_goes_through(frames):
    model, x = model_of(features=13), samples(1, 13, frames)  # a prime: rows need no padding
    assert model.multiple == (1, 8)
    assert translate_any_size(model, x, "ann").shape == x.shape


def test_channels_become_frames_in_turn():
    x = torch.arange(12.0).reshape(1, 4, 3)  # two channels, of two frames a place each
    expected = torch.tensor([[[0.0, 3, 1, 4, 2, 5], [6, 9, 7, 10, 8, 11]]])
    assert torch.equal(in_turn(x, 2), expected)


# Content


def test_content_does_not_depend_on_the_features_mean_and_std_over_time():
    model, x = model_of(), samples()
    generator = torch.Generator().manual_seed(5)
    scale, shift = (torch.rand(3, 1, 12, 1, generator=generator) for _ in range(2))
    other = (0.2 + 3 * scale) * x + 10 * (shift - 0.5)
    torch.testing.assert_close(
        model.encode_content(other), model.encode_content(x), rtol=0, atol=1e-3
    )
    assert (model.embed(other) - model.embed(x)).abs().min() > 1e-3  # which is what tells speakers


def test_as_published_it_depends_on_them_through_the_first_convolution_alone():
    plain = model_of(network={**SMALL, "input_norm": False})
    x = samples()
    codes = [plain.encode_content(each) for each in (x, 3 * x + 1)]
    assert (codes[0] - codes[1]).abs().max() > 0.05
    seen: list[Tensor] = []
    plain.content.start[3].register_forward_hook(lambda *found: seen.append(found[2]))
    plain.encode_content(x)
    torch.testing.assert_close(seen[0].mean(dim=2), torch.zeros(3, 8), rtol=0, atol=1e-5)
    torch.testing.assert_close(
        seen[0].var(dim=2, correction=0), torch.ones(3, 8), atol=1e-3, rtol=0
    )


def test_a_sample_is_coded_alone():
    model, x = model_of(), samples()
    torch.testing.assert_close(model.translate(x, "bob")[1:2], model.translate(x[1:2], "bob"))


# Speakers


def test_the_decoder_says_the_same_in_another_voice():
    model, x = model_of(), samples(1)
    code = model.encode_content(x)
    voices = samples(2, 5, 1, seed=3).flatten(1)
    one, two = (model.decode(code, voice[None]) for voice in voices)
    assert (one - two).abs().mean() > 0.01
    assert torch.equal(one, model.decode(code, voices[:1]))


def test_adaptive_norm_gives_each_channel_the_mean_and_std_of_its_speaker():
    norm = model_of().decoder.blocks[0].norms[0]
    x, embedding = torch.randn(2, 8, 50) * 5 + 3, torch.randn(2, 5)
    scale, shift = norm.style(embedding).chunk(2, dim=1)
    found = norm(x, embedding)
    torch.testing.assert_close(found.mean(dim=2), shift, rtol=0, atol=1e-5)
    torch.testing.assert_close(
        found.std(dim=2, correction=0), (1 + scale).abs(), rtol=1e-4, atol=1e-5
    )


def test_any_speaker_is_translated_into_any_other():
    model = model_of()
    assert model.directions == {
        "ann": ("bob", "cid"),
        "bob": ("ann", "cid"),
        "cid": ("ann", "bob"),
    }
    model.known.mean.copy_(torch.randn(3, 5))
    x = samples()
    for number, name in enumerate(SPEAKERS):
        expected = model.translate_as(x, model.known.mean[number])
        assert torch.equal(model.translate(x, name), expected)
    with pytest.raises(KeyError):
        model.translate(x, "dan")


def labelled(step: int) -> Labelled:
    """Six chunks, two of each speaker."""
    return Labelled(samples(6, seed=step), torch.arange(6) % 3)


@pytest.mark.parametrize("ema", [None, {"decay": 0.9}])
def test_what_is_known_of_a_speaker_is_the_mean_over_its_chunks(ema):
    run = params(ema=ema)
    toy = trainer(run, built(ema=ema))
    for step in range(3):
        toy.take_step(labelled(step))
    before = toy.exported().known.mean.clone()
    model = toy.finish(labelled)
    assert isinstance(model, AdaINVCModel)
    assert not torch.equal(model.known.mean, before)
    chunks = [labelled(step) for step in range(50)]
    for number in range(3):
        x = torch.cat([batch.x[batch.y == number] for batch in chunks])
        expected = model.embed(x).mean(dim=0)
        torch.testing.assert_close(model.known.mean[number], expected, rtol=1e-4, atol=1e-5)


def test_while_training_it_follows_the_encoder():
    toy = trainer(params(), built(optimizer={"lr": 1e-9}))
    for step in range(80):
        toy.take_step(labelled(step))
    model = toy.exported()
    expected = torch.stack([model.embed(labelled(n).x) for n in range(9)]).mean(dim=(0, 1))
    torch.testing.assert_close(model.known.mean.mean(dim=0), expected, rtol=0.1, atol=0.02)


# Loss


def test_the_loss_is_l1_and_the_divergence_of_codes_of_variance_one():
    method, batch = built(kl_steps=4, kl_weight=0.5), labelled(0)
    for step, share in ((0, 0.0), (1, 0.25), (4, 1.0), (9, 1.0)):
        torch.manual_seed(7)
        (update,) = method.updates(batch, step)
        torch.manual_seed(7)
        mean = method.model.encode_content(batch.x)
        copy = method.model.decode(mean + torch.randn_like(mean), method.model.embed(batch.x))
        l1, kl = (copy - batch.x).abs().mean(), 0.5 * mean.square().mean()
        torch.testing.assert_close(update.logs, {"reconstruction": l1, "kl": kl})
        torch.testing.assert_close(update.loss, 10 * l1 + 0.5 * share * kl)
    assert built(kl_steps=0).share(0) == 1


def test_nobody_is_told_who_speaks():
    method, batch = built(), labelled(0)
    losses = []
    for y in (batch.y, batch.y.roll(1)):
        torch.manual_seed(1)
        (update,) = method.updates(Labelled(batch.x, y), 0)
        losses.append(update.loss)
    assert torch.equal(*losses)


# What is refused


def refused(message: str, **changes: Any) -> None:
    with pytest.raises(ValidationError, match=message):
        load_run({**BLOCK, **changes})


def test_blocks_that_can_not_be():
    refused("at least 2 items", domains=["ann"])
    refused("domains names one twice: ann, ann", domains=["ann", "ann"])
    refused("chunk: found 100, allowed: multiples of 16", chunk=100)
    refused("both be called 'a_to_b_to_c'", domains=["a", "b_to_c", "a_to_b", "c"])
    assert params(chunk=64).chunk == 64


def test_data_that_can_not_be():
    picture = Spec(channels=3, height=32, width=32, bounded=True)
    with pytest.raises(ValueError, match="adain_vc translates sound, but ann has pictures"):
        params().build_for(DatasetSpec(specs=dict.fromkeys(SPEAKERS, picture)))
    with pytest.raises(ValueError, match=r"multiples of 1x8, but samples are 12x36; .* crop"):
        built(crop=36)
    other = {"ann": 9, "bob": 8, "cid": 8}
    specs = {n: Spec(channels=1, height=h, width=None, bounded=False) for n, h in other.items()}
    with pytest.raises(ValueError, match=r"ann has .* but bob has"):
        params().build_for(DatasetSpec(specs=specs))


@pytest.mark.parametrize("blocks", [1, 2, 3, 5])
def test_frames_come_back_with_any_number_of_blocks(blocks):
    network = AdaINVCNetworkParams(**{**SMALL, "blocks": blocks})
    frames = 3 * network.multiple
    code = network.build_content_encoder(7)(torch.randn(2, 7, frames))
    assert code.shape == (2, 6, 2 * 3)
    decoder: nn.Module = network.build_decoder(7)
    assert decoder(code, torch.randn(2, 5)).shape == (2, 7, frames)
