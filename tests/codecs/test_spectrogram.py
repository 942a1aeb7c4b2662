"""The mel front end against librosa, and the way back."""

import math

import numpy as np
import pytest
import torch

from pipeline.codecs.spectrogram import _reflect, griffin_lim, log_mel, magnitude_from_mel
from pipeline.conventions import HIFI_GAN, VOCOS, MelConvention
from pipeline.datasets import voices


@pytest.fixture(scope="module")
def waves() -> list[torch.Tensor]:
    sentence = voices.test_sentences()[:1]
    return [torch.from_numpy(voices.speech(name, sentence)[0]) for name in voices.SPEAKERS]


@pytest.mark.parametrize(
    "convention",
    [HIFI_GAN, MelConvention(rate=16_000, n_fft=512, hop=128, win=400, mels=40, fmin=50.0), VOCOS],
)
def test_log_mel_equals_librosa(waves, convention):
    librosa = pytest.importorskip("librosa")
    padded = np.pad(waves[0].numpy(), convention.padding, mode="reflect")
    expected = librosa.feature.melspectrogram(
        y=padded,
        sr=convention.rate,
        n_fft=convention.n_fft,
        hop_length=convention.hop,
        win_length=convention.win,
        center=False,
        power=1.0,
        n_mels=convention.mels,
        fmin=convention.fmin,
        fmax=convention.fmax,
        htk=convention.scale == "htk",
        norm=None if convention.norm == "none" else "slaney",
    )
    ours = log_mel(waves[0], convention).exp().numpy()
    np.testing.assert_allclose(ours, np.maximum(expected, convention.floor), rtol=1e-3)


def test_log_mel_shape_batch_and_floor(waves):
    wave = waves[0]
    single = log_mel(wave)
    assert single.shape == (80, len(wave) // 256)
    assert single.min() >= math.log(1e-5) - 1e-4
    batch = log_mel(torch.stack([wave, wave / 2]))
    assert batch.shape == (2, *single.shape)
    torch.testing.assert_close(batch[0], single)


def test_log10_is_the_same_in_another_unit(waves):
    base10 = log_mel(waves[0], MelConvention(log="log10"))
    torch.testing.assert_close(base10 * math.log(10), log_mel(waves[0]), rtol=1e-4, atol=1e-4)
    magnitude = magnitude_from_mel(base10, MelConvention(log="log10"))
    torch.testing.assert_close(
        magnitude, magnitude_from_mel(log_mel(waves[0])), rtol=1e-2, atol=1e-4
    )


def test_a_sine_peaks_in_its_band():
    time = torch.arange(22_050) / 22_050
    mel = log_mel(0.5 * torch.sin(2 * torch.pi * 1000 * time))
    # Slaney's scale is linear below 1 kHz (15 mels there) and 80 bands reach 8 kHz (45.2 mels).
    top = 15 + 27 * math.log(8) / math.log(6.4)
    assert mel[:, 40].argmax().item() == pytest.approx(15 / top * 81 - 1, abs=1)


def test_log_mel_is_differentiable_even_if_first_used_for_inference():
    convention = MelConvention(floor=2e-5)  # not in the cache yet
    wave = torch.linspace(-0.5, 0.5, 2048)
    with torch.inference_mode():
        log_mel(wave, convention)
    wave.requires_grad_()
    log_mel(wave, convention).sum().backward()
    assert wave.grad is not None
    assert torch.isfinite(wave.grad).all()


def test_the_mel_that_gradients_flow_through_is_the_same(waves):
    length = min(len(wave) for wave in waves)
    batch = torch.stack([wave[:length] for wave in waves])
    expected = log_mel(batch)
    found = log_mel(batch.clone().requires_grad_())
    assert found.requires_grad
    torch.testing.assert_close(found.detach(), expected, rtol=1e-5, atol=1e-5)


def test_autocast_does_not_coarsen_the_mel(waves):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mel = log_mel(waves[0])
    assert mel.dtype == torch.float32
    torch.testing.assert_close(mel, log_mel(waves[0]))


@pytest.mark.parametrize("length", [2, 5, 300, 1000])
def test_reflection_equals_numpys_at_any_length(length):
    wave = torch.arange(length).float()
    expected = np.pad(wave.numpy(), 384, mode="reflect")
    np.testing.assert_array_equal(_reflect(wave, 384).numpy(), expected)


def test_magnitudes_give_the_mel_back(waves):
    from pipeline.codecs.spectrogram import mel_filters

    mel = log_mel(waves[0])
    magnitude = magnitude_from_mel(mel)
    assert magnitude.shape == (513, mel.shape[1])
    assert magnitude.min() >= 0
    again = (mel_filters(HIFI_GAN, mel.device) @ magnitude).clamp(min=1e-5).log()
    assert (again - mel).abs().mean() < 0.05


def test_round_trip_of_speech(waves):
    """Mean error below 0.25 nepers (2.2 dB) a cell, and 0.12 of the mel's norm."""
    for wave in waves:
        mel = log_mel(wave)
        again = griffin_lim(mel)
        assert again.shape == (mel.shape[1] * 256,)
        assert again.dtype == torch.float32
        mel_again = log_mel(again)
        assert (mel_again - mel).abs().mean() < 0.25
        assert (mel_again.exp() - mel.exp()).norm() / mel.exp().norm() < 0.12


def test_momentum_and_iterations_help(waves):
    mel = log_mel(waves[0])

    def error(**options):
        return (log_mel(griffin_lim(mel, **options)) - mel).abs().mean()

    assert error() < error(iterations=4)
    assert error() < error(momentum=0.0)


def test_griffin_lim_is_deterministic_and_leaves_the_global_generator_alone(waves):
    mel = log_mel(waves[0][:20_000])
    before = torch.get_rng_state()
    assert torch.equal(griffin_lim(mel), griffin_lim(mel))
    assert torch.equal(before, torch.get_rng_state())


def test_other_conventions_round_trip(waves):
    convention = MelConvention(n_fft=2048, hop=300, win=1200, mels=100, fmax=11_025.0, log="log10")
    mel = log_mel(waves[1], convention)
    again = griffin_lim(mel, convention)
    assert again.shape == (mel.shape[1] * 300,)
    assert (log_mel(again, convention) - mel).abs().mean() < 0.25 / math.log(10)


@pytest.mark.parametrize("samples", [256, 600, 1102])
def test_short_clips(waves, samples):
    mel = log_mel(waves[0][5000 : 5000 + samples])
    wave = griffin_lim(mel)
    assert wave.shape == (samples // 256 * 256,)
    assert torch.isfinite(wave).all()


def test_silence_stays_silent():
    mel = log_mel(torch.zeros(4096))
    assert torch.equal(mel, torch.full_like(mel, 1e-5).log())
    assert griffin_lim(mel).abs().max() < 1e-3


def test_bad_waves_are_refused():
    with pytest.raises(ValueError, match="finite"):
        log_mel(torch.tensor([0.0] * 500 + [float("nan")]))
    with pytest.raises(ValueError, match="hop"):
        log_mel(torch.zeros(255))
    with pytest.raises(ValueError, match=r"\[N\]"):
        log_mel(torch.zeros(1, 1, 1000))
    with pytest.raises(ValueError, match="int16"):
        log_mel(torch.zeros(1000, dtype=torch.int16))


def test_bad_mels_are_refused():
    with pytest.raises(ValueError, match="finite"):
        griffin_lim(torch.full((80, 4), float("nan")))
    with pytest.raises(ValueError, match="overflow"):
        griffin_lim(torch.full((80, 4), 100.0))
    for shape in ((40, 4), (1, 80, 4), (80, 0)):
        with pytest.raises(ValueError, match=r"\[80, T\]"):
            griffin_lim(torch.zeros(shape))
    with pytest.raises(ValueError, match="momentum"):
        griffin_lim(torch.zeros(80, 4), momentum=1.0)
    with pytest.raises(ValueError, match="iterations"):
        griffin_lim(torch.zeros(80, 4), iterations=-1)


@pytest.mark.parametrize(
    "numbers",
    [
        {"hop": 600},
        {"win": 2048},
        {"hop": 255},
        {"fmax": 12_000.0},
        {"floor": 0.0},
        {"log": "log2"},
    ],
)
def test_impossible_conventions_are_refused(numbers):
    with pytest.raises(ValueError, match=next(iter(numbers))):
        MelConvention(**numbers)
