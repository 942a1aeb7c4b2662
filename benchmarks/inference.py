"""python -m benchmarks.inference [CASE ...]: using finished models against plain calls.

Both sides hold the same exported networks, of published sizes with fresh weights, each in a process
of its own, and take turns (benchmarks/turns.py). The yardstick is what the papers' public code
does: the network called in eager fp32 under ``no_grad`` in the default memory layout, between the
same conversions from and to uint8; for sound librosa's mel spectrogram, the clamped pseudo-inverse
of its filters and ``librosa.griffinlim`` with as many iterations. Ours are the functions behind the
command line. Writes benchmarks/results/inference.json.
"""

import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.table import Table
from torch import Tensor, nn

from benchmarks.machine import publish
from benchmarks.turns import race, summary
from pipeline.codecs import Codec, ImageCodec, MelCodec
from pipeline.codecs.sound import Statistics
from pipeline.codecs.spectrogram import griffin_lim
from pipeline.conventions import HIFI_GAN
from pipeline.inference.conversion import convert_wave
from pipeline.inference.finished import FinishedModel, export, load
from pipeline.inference.pictures import translate_pictures
from pipeline.inference.sampling import sample_grid
from pipeline.methods.registry import load_run
from pipeline.models.gan import GANModel
from pipeline.models.translators import GeneratorTranslator
from pipeline.samples import DatasetSpec
from pipeline.system.hardware import device

TURNS, SECONDS = 3, 2.0
YARDSTICK = "plain fp32"
COMPETITORS = (YARDSTICK, "ours")
SIDE = 256  # pixels of a picture
SOUND = 10  # seconds
SAMPLES, SAMPLE_SIDE = 64, 64
ITERATIONS, MOMENTUM = 32, 0.99  # of Griffin-Lim

Call = Callable[[], object]

TRANSLATOR = {"method": "cyclegan", "data": "none", "steps": 1, "source": "a", "target": "b"}
STILL = Statistics(mean=(-5.0,) * HIFI_GAN.mels, std=(2.0,) * HIFI_GAN.mels)
MODELS: dict[str, tuple[dict[str, Any], Codec]] = {
    "pictures": (TRANSLATOR, ImageCodec(size=SIDE, channels={"a": 3, "b": 3})),
    "sound": (TRANSLATOR | {"crop": 128}, MelCodec(statistics={"a": STILL, "b": STILL})),
    "small voice": (
        {
            "method": "mask_cyclegan_vc",
            "data": "none",
            "steps": 1,
            "source": "a",
            "target": "b",
            "generator": {"width": 32},
        },
        MelCodec(statistics={"a": STILL, "b": STILL}),
    ),
    "dcgan": (
        {"method": "gan", "data": "none", "steps": 1, "domains": ["a"]},
        ImageCodec(size=SAMPLE_SIDE, channels={"a": 3}),
    ),
}
"""ResNet-9 of width 64 in both translators, MaskCycleGAN-VC at a quarter of its width, DCGAN's
generator: the defaults are the papers'."""


def write_model(name: str, folder: Path) -> None:
    """Export a model with fresh weights."""
    block, codec = MODELS[name]
    params = load_run(block)
    torch.manual_seed(0)
    data = DatasetSpec(specs={domain: codec.spec(domain) for domain in params.domains})
    export(folder, params.build_model(data), params=params, data=data, codec=codec, seed=0)


def picture_calls(finished: FinishedModel, batch: int) -> dict[str, Call]:
    """Return calls from pictures uint8 to pictures uint8."""
    shape = (batch, SIDE, SIDE, 3)
    pictures = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    network = generator_of(finished)

    @torch.no_grad()
    def plain() -> object:
        x = torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1
        return to_pictures(network(x.to(device())))

    return {YARDSTICK: plain, "ours": lambda: translate_pictures(finished, pictures, "b")}


def generator_of(finished: FinishedModel) -> nn.Module:
    """Return the network that translates to b."""
    assert isinstance(finished.model, GeneratorTranslator)
    return finished.model.generators["b"]


def sample_calls(finished: FinishedModel) -> dict[str, Call]:
    """Return calls from draws to pictures uint8."""
    model = finished.model
    assert isinstance(model, GANModel)
    network, latent = model.generator, model.latent

    @torch.no_grad()
    def plain() -> object:
        return to_pictures(network(torch.randn(SAMPLES, latent).to(device())))

    return {YARDSTICK: plain, "ours": lambda: sample_grid(finished, SAMPLES, seed=0)}


def to_pictures(y: Tensor) -> np.ndarray:
    """Convert [N, C, H, W] in [-1, 1] to uint8 [N, H, W, C]."""
    return ((y + 1) * 127.5).clamp(0, 255).byte().permute(0, 2, 3, 1).cpu().numpy()


def conversion_calls(finished: FinishedModel) -> dict[str, Call]:
    """Return calls from waveform to waveform."""
    wave = noise()
    network = generator_of(finished).float()

    @torch.no_grad()
    def plain() -> object:
        x = torch.from_numpy((librosa_mel(wave) + 5) / 2).float()[None, None]
        frames = x.shape[-1] - x.shape[-1] % 4  # the network halves twice
        y = network(x[..., :frames].to(device())).cpu()
        return librosa_wave(y[0, 0].numpy() * 2 - 5)

    return {YARDSTICK: plain, "ours": lambda: convert_wave(finished, wave, "b")}


def vocoder_calls(finished: FinishedModel) -> dict[str, Call]:
    """Return calls from log-mel spectrogram to waveform, without a network."""
    mel = librosa_mel(noise())
    ours = torch.from_numpy(mel).to(device())
    return {
        YARDSTICK: lambda: librosa_wave(mel),
        "ours": lambda: griffin_lim(ours, HIFI_GAN, ITERATIONS, MOMENTUM),
    }


def noise() -> np.ndarray:
    """Draw a waveform float32."""
    generator = np.random.default_rng(1)
    return generator.normal(0, 0.1, SOUND * HIFI_GAN.rate).astype(np.float32)


def librosa_mel(wave: np.ndarray) -> np.ndarray:
    """Compute the log-mel spectrogram [M, T]."""
    import librosa

    mel = librosa.feature.melspectrogram(
        y=wave,
        sr=HIFI_GAN.rate,
        n_fft=HIFI_GAN.n_fft,
        hop_length=HIFI_GAN.hop,
        n_mels=HIFI_GAN.mels,
        fmax=HIFI_GAN.fmax,
        power=1,
    )
    return np.log(np.maximum(mel, HIFI_GAN.floor))


def librosa_wave(log_mel: np.ndarray) -> np.ndarray:
    """Invert `librosa_mel`; ``mel_to_audio`` would solve for magnitudes, which takes far longer."""
    import librosa

    filters = librosa.filters.mel(
        sr=HIFI_GAN.rate, n_fft=HIFI_GAN.n_fft, n_mels=HIFI_GAN.mels, fmax=HIFI_GAN.fmax
    )
    magnitude = np.maximum(np.linalg.pinv(filters) @ np.exp(log_mel), HIFI_GAN.floor)
    return librosa.griffinlim(
        magnitude, n_iter=ITERATIONS, momentum=MOMENTUM, hop_length=HIFI_GAN.hop
    )


CASES: dict[str, tuple[str, Callable[[FinishedModel], dict[str, Call]], float, str]] = {
    "cyclegan-256": ("pictures", partial(picture_calls, batch=1), 1, "pictures/s"),
    "cyclegan-256, 8 at once": ("pictures", partial(picture_calls, batch=8), 8, "pictures/s"),
    "dcgan-64": ("dcgan", sample_calls, SAMPLES, "samples/s"),
    "voice conversion": ("sound", conversion_calls, SOUND, "times real time"),
    "voice conversion, small": ("small voice", conversion_calls, SOUND, "times real time"),
    "griffin-lim": ("sound", vocoder_calls, SOUND, "times real time"),
}
"""The model, its calls, the amount that a call makes, and its unit."""


def make_call(competitor: str, case: str, folder: Path) -> Call:
    """Load the model, in the competitor's process."""
    finished = load(folder, device())
    return CASES[case][1](finished)[competitor]


def measure(case: str) -> dict[str, dict[str, float]]:
    """Measure units per second and ratio of both."""
    name, _, units, unit = CASES[case]
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        write_model(name, model)
        make = partial(make_call, case=case, folder=model)
        turns = race(make, COMPETITORS, TURNS, SECONDS, least=1)
    return summary(
        [{who: units * rate for who, rate in turn.items()} for turn in turns], YARDSTICK, unit
    )


def main(wanted: list[str]) -> None:
    """Measure the cases that are named, or all."""
    table = Table("case", "unit", *COMPETITORS)
    cases = {}
    for case in wanted or CASES:
        unit = CASES[case][3]
        cases[case] = measure(case)
        cells = [f"{found[unit]:.3g} x{found['ratio']:.2f}" for found in cases[case].values()]
        table.add_row(case, unit, *cells)
    publish("inference", table, cases)


if __name__ == "__main__":
    main(sys.argv[1:])
