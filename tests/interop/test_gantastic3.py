"""Published translators of voices: equal to the original, with their frames, or refused."""

import io
import zipfile
from functools import partial
from pathlib import Path

import importing
import numpy as np
import pytest
import tiny
import torch
from original_mask_cyclegan_vc import OriginalVoiceGenerator, saved
from strangers import bounded
from torch import nn

from pipeline.backbones.mask_cyclegan_vc import TwoOneTwoParams
from pipeline.codecs import MelCodec
from pipeline.codecs.spectrogram import mel_filters
from pipeline.conventions import MelConvention
from pipeline.errors import UserError
from pipeline.inference.conversion import convert_wave
from pipeline.inference.finished import as_translator, load, read_card
from pipeline.interop import gantastic3
from pipeline.interop.voice_statistics import MOST_BYTES, read_statistics
from pipeline.methods.registry import load_run

ORIGIN = "mask_cyclegan_vc"
call, refused = partial(importing.call, ORIGIN), partial(importing.refused, ORIGIN)
MELS, WIDTH = 16, 4


def original(seed: int = 0, mels: int = MELS) -> OriginalVoiceGenerator:
    """Weights such that every layer has a say."""
    torch.manual_seed(seed)
    network = OriginalVoiceGenerator(mels, 2 * WIDTH).eval()
    for layer in network.modules():
        if isinstance(layer, nn.InstanceNorm1d | nn.InstanceNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, 0, 0.2)
    return network


def write(path: Path, content: object) -> Path:
    path.parent.mkdir(exist_ok=True)
    torch.save(content, path)
    return path


def statistics(path: Path, mels: int = MELS, seed: int = 0, **changes: object) -> Path:
    """What its preprocessing saves of a speaker."""
    random = np.random.default_rng(seed)
    mean = random.normal(-3, 1, (mels, 1)).astype(np.float32)
    std = random.uniform(0.3, 1, (mels, 1)).astype(np.float32) + 1e-9
    path.parent.mkdir(exist_ok=True)
    np.savez(path, **{"mean": mean, "std": std, **changes})
    return path


def stats_of(folder: Path) -> list[object]:
    """The options for the statistics of two voices."""
    first, second = (
        statistics(folder / f"{name}_norm_stat.npz", seed=seed)
        for seed, name in enumerate(("SF3", "TF1"))
    )
    return ["--stats", first, "--stats", second]


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """A model of both ways, and the originals."""
    folder = tmp_path_factory.mktemp("voices")
    there, back = original(0), original(1)
    path = write(folder / "files/00500_generator_A2B.pth.tar", saved(there))
    other = write(folder / "files/00500_generator_B2A.pth.tar", saved(back))
    options = ["--back", other, "--source", "SF3", "--target", "TF1", *stats_of(folder / "files")]
    finished = importing.imported(ORIGIN, path, folder, *options)
    return finished, {"TF1": there, "SF3": back}, folder


@torch.no_grad()
def test_imported_voices_give_what_the_originals_give(both):
    finished, originals, _ = both
    model = as_translator(finished)
    assert model.directions == {"TF1": ("SF3",), "SF3": ("TF1",)}
    for to, network in originals.items():
        for frames in (8, 64, 332):
            x = torch.randn(2, MELS, frames)
            expected = network(x, torch.ones_like(x))
            assert expected.std() > 0.02
            found = model.translate(x[:, None], to)[:, 0]
            torch.testing.assert_close(found, expected, atol=3e-5, rtol=0)


@torch.no_grad()
def test_frames_may_be_hidden_as_in_the_original(both):
    finished, originals, _ = both
    x, mask = torch.randn(1, MELS, 32), torch.ones(1, MELS, 32)
    mask[..., 9:20] = 0
    found = finished.model.generator("TF1")(x[:, None], mask[:, None, :1])
    torch.testing.assert_close(found[:, 0], originals["TF1"](x, mask), atol=3e-5, rtol=0)


def test_what_its_frames_mean(both):
    """MelGAN's: librosa's filters to 11,025 Hz of magnitudes, padded by reflection; log10."""
    import librosa

    finished, _, folder = both
    codec = finished.codec
    assert isinstance(codec, MelCodec)
    assert codec.convention == MelConvention(mels=MELS, fmax=11_025, log="log10")
    filters = librosa.filters.mel(sr=22_050, n_fft=1024, n_mels=MELS, fmin=0.0, fmax=None)
    ours = mel_filters(codec.convention, torch.device("cpu"))
    torch.testing.assert_close(ours, torch.from_numpy(filters), atol=1e-6, rtol=1e-4)
    wave = 0.1 * torch.randn(9000)
    padded = nn.functional.pad(wave[None], (384, 384), mode="reflect")
    spectrum = torch.stft(
        padded, 1024, 256, window=torch.hann_window(1024), center=False, return_complex=True
    )
    mel = torch.from_numpy(filters) @ spectrum[0].abs()
    expected = mel.clamp(min=1e-5).log10()
    torch.testing.assert_close(codec.frames_of(wave).T, expected, atol=1e-4, rtol=1e-4)
    with np.load(folder / "files/SF3_norm_stat.npz") as known:
        standardised = (expected.numpy() - known["mean"]) / known["std"]
    found = codec.encode(wave, "SF3")[0]
    np.testing.assert_allclose(found.numpy(), standardised, atol=1e-3)


def test_an_imported_voice_converts_sound(both):
    finished, _, folder = both
    wave = (0.1 * np.sin(np.arange(12_000) * 0.05)).astype(np.float32)
    converted = convert_wave(load(folder / "it"), wave, "SF3")
    assert converted.shape == wave.shape
    assert np.isfinite(converted).all()
    assert finished.capabilities == ("translate",)


def test_the_card_claims_what_is_known_and_no_more(both):
    finished, _, folder = both
    card = read_card(folder / "it")
    assert card.run.keys() == {"source", "target", "data", "steps", "files"} | {
        *("method", "origin", "generator")
    }
    assert card.run["generator"] == {"width": WIDTH, "blocks": 6}
    assert load_run(card.run) == finished.params
    with pytest.raises(UserError, match="can't be trained"):
        finished.params.build(card.data)


def test_the_published_size(monkeypatch):
    with torch.device("meta"):
        state = importing.zeros(OriginalVoiceGenerator().state_dict())
    monkeypatch.setattr(gantastic3, "load_tensors", lambda *_, **__: state)
    found = gantastic3.read(Path("00500_generator_A2B.pth.tar"))
    assert (found.network, found.mels) == (TwoOneTwoParams(), 80)
    assert sum(value.numel() for value in found.weights.values()) == 24_537_729


@pytest.mark.parametrize("layout", ["plain", "module.", "_orig_mod.", "module._orig_mod.", "half"])
def test_layouts_of_files_change_nothing(tmp_path, layout):
    network = original()
    state = network.state_dict()
    if layout == "half":
        state = {name: value.half() for name, value in state.items()}
    elif layout != "plain":
        state = {layout + name: value for name, value in state.items()}
    path = write(tmp_path / "net.pth", state if layout == "plain" else {"model_state": state})
    expected = gantastic3.read(write(tmp_path / "other.pth", saved(network))).weights
    found = gantastic3.read(path).weights
    for name, value in expected.items():
        wanted = value.half().float() if layout == "half" else value
        assert torch.equal(found[name], wanted)


STATE = original().state_dict()


@pytest.mark.parametrize(
    ("state", "parts"),
    [
        pytest.param({}, ["conv1.weight is missing; its keys are: none"], id="nothing"),
        pytest.param(
            {k: v for k, v in STATE.items() if k != "upSample1.2.bias"},
            ["16 mels, width 4 and 6 residual blocks", "missing: upSample1.2.bias"],
            id="one missing",
        ),
        pytest.param({**STATE, "extra": torch.zeros(1)}, ["unknown: extra"], id="too much"),
        pytest.param(
            {**STATE, "downSample2.convLayer_gates.0.weight": torch.zeros(8, 8, 3, 3)},
            ["downSample2.convLayer_gates.0.weight: expected [8, 8, 5, 5], found [8, 8, 3, 3]"],
            id="another shape",
        ),
        pytest.param(
            {k: v for k, v in STATE.items() if not k.startswith("residualLayer3.")},
            ["2 residual blocks", "unknown: residualLayer4.conv1d_layer.0.bias"],
            id="a gap",
        ),
        pytest.param(
            {**STATE, "conv1.weight": torch.zeros(4, 1, 5, 15)},
            ["takes 2 channels, frames and mask, but found 1; CycleGAN-VC2's take 1"],
            id="cyclegan-vc2",
        ),
        pytest.param(
            {**STATE, "conv2dto1dLayer.weight": torch.zeros(8, 0, 1)},
            ["its sizes are none of a network: mels: Input should be greater than or equal to 1"],
            id="no channels",
        ),
        pytest.param(
            {**STATE, "conv1.weight": torch.zeros(3)}, ["no convolution's of 2 axes"], id="a vector"
        ),
    ],
)
def test_files_that_hold_no_generator_are_refused(tmp_path, state, parts):
    path = write(tmp_path / "net.pth.tar", {"model_state": state})
    with bounded():
        said = refused(path, "--name", "it", "--models", tmp_path, *stats_of(tmp_path))
    for part in ["expected the weights of a generator of MaskCycleGAN-VC", *parts]:
        assert part in said
    assert not (tmp_path / "it").exists()


def packed(**arrays: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            archive.writestr(f"{name}.npy", array)
    return content.getvalue()


def array(value: object) -> bytes:
    content = io.BytesIO()
    np.lib.format.write_array(content, np.asarray(value), allow_pickle=True)
    return content.getvalue()


def claimed(*shape: int) -> bytes:
    """An array that is as large as its header alone says."""
    content = io.BytesIO()
    header = {"shape": shape, "fortran_order": False, "descr": "<f4"}
    np.lib.format.write_array_header_1_0(content, header)
    return content.getvalue()


GOOD = array(np.ones((MELS, 1), np.float32))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", "no archive of numpy's", id="nothing"),
        pytest.param(GOOD, "no archive of numpy's", id="one array"),
        pytest.param(packed(mean=GOOD), "no std, but mean", id="no std"),
        pytest.param(
            packed(mean=GOOD, std=array(np.ones((80, 1)))), "[80, 1] of float64", id="other mels"
        ),
        pytest.param(
            packed(mean=GOOD, std=array(np.ones((MELS, 1), np.int64))), "of int64", id="numbers"
        ),
        pytest.param(packed(mean=GOOD, std=array([{}] * MELS)), "of object", id="pickles"),
        pytest.param(
            packed(mean=GOOD, std=claimed(2**40, 1)), "[1099511627776, 1] of float32", id="vast"
        ),
        pytest.param(packed(mean=GOOD, std=claimed(MELS, 1)), "buffer is smaller", id="empty"),
        pytest.param(packed(mean=GOOD, std=GOOD[:-4]), "buffer is smaller", id="cut off"),
        pytest.param(
            packed(mean=GOOD, std=b"0" * (MOST_BYTES + 1)), "std of 1,048,577 bytes", id="packed"
        ),
        pytest.param(
            packed(mean=GOOD, std=array(np.zeros((MELS, 1), np.float32))), "stds of 0", id="zero"
        ),
        pytest.param(
            packed(mean=array(np.full((MELS, 1), np.nan)), std=GOOD), "not finite", id="nan"
        ),
        pytest.param(packed(mean=GOOD, std=GOOD)[:-30], "a damaged file", id="damaged"),
        pytest.param(b"PK\3\4" + bytes(MOST_BYTES), "1,048,580 bytes", id="large"),
    ],
)
def test_statistics_that_are_none_are_refused(tmp_path, content, words):
    (tmp_path / "x.npz").write_bytes(content)
    with bounded(), pytest.raises(UserError, match="expected mean and std of 16 features") as said:
        read_statistics(tmp_path / "x.npz", MELS)
    assert words in str(said.value)


def test_statistics_may_be_packed_and_flat(tmp_path):
    mean, std = np.arange(MELS, dtype=np.float64), np.full(MELS, 0.5, np.float16)
    np.savez_compressed(tmp_path / "x.npz", std=std, mean=mean, more=np.zeros(3))
    found = read_statistics(tmp_path / "x.npz", MELS)
    assert found.mean == tuple(range(MELS))
    assert found.std == (0.5,) * MELS


def test_what_cant_be_is_refused_before_anything_is_written(tmp_path):
    path = write(tmp_path / "a.pth.tar", saved(original()))
    other = write(tmp_path / "b.pth.tar", saved(original(mels=20)))
    options = stats_of(tmp_path)
    before = tiny.tree(tmp_path)
    cases = {
        (path,): "--stats SOURCE_norm_stat.npz --stats TARGET_norm_stat.npz, of source and target",
        (path, *options[:2]): "found 1",
        (path, *options, *options[:2]): "found 3",
        (path, "--stats", tmp_path / "none.npz", *options[2:]): "can't be read",
        (path, *options, "--back", other): "16 mels, width 4, 6 residual blocks; in",
        (path, *options, "--target", "source"): "both 'source'",
        (path, *options, "--target", "a.b"): "name of a domain",
        (path, *options, "--config", path): "--back, --source, --target, --stats and --models",
        (tmp_path / "none", *options): "can't be read",
    }
    for arguments, reason in cases.items():
        assert reason in refused(*arguments, "--name", "it", "--models", tmp_path)
    assert tiny.tree(tmp_path) == before
