"""Published BigVGANs: equal to the original in what they give, or refused with the reason."""

import json
from functools import partial
from pathlib import Path

import importing
import pytest
import torch
from original_bigvgan import V1, V2, OriginalBigvgan, kaiser_sinc, lively
from safetensors.torch import save_file

from pipeline.backbones.bigvgan import BigvganParams
from pipeline.conventions import MelConvention
from pipeline.inference.finished import as_vocoder
from pipeline.interop.nvidia import read

SHORT = {"resblock_kernel_sizes": [3, 7], "resblock_dilation_sizes": [[1, 3], [1, 2]]}
SMALL = {
    "v1": {**V1, **SHORT, "upsample_initial_channel": 32},
    "v2": {**V2, **SHORT, "upsample_initial_channel": 64},
    "single": {**V1, **SHORT, "resblock": "2", "upsample_initial_channel": 32},
    "snake": {
        **V2,
        **SHORT,
        "upsample_initial_channel": 64,
        "activation": "snake",
        "snake_logscale": False,
    },
}
ORIGIN = "bigvgan"
refused = partial(importing.refused, ORIGIN)


def write(folder: Path, config: dict, state: object) -> Path:
    path = folder / "bigvgan_generator.pt"
    torch.save(state, path)
    (folder / "config.json").write_text(json.dumps(config))
    return path


@pytest.mark.parametrize("version", sorted(SMALL))
@torch.no_grad()
def test_an_imported_vocoder_gives_what_the_original_gives(tmp_path, version):
    config = SMALL[version]
    original = lively(OriginalBigvgan(config))
    path = write(tmp_path, config, {"generator": original.state_dict()})
    finished = importing.imported(ORIGIN, path, tmp_path)
    for frames in (1, 7):
        x = torch.randn(2, 100, frames)
        expected, found = original(x)[:, 0], as_vocoder(finished).vocode(x)
        assert expected.std() > 0.02  # neither silence nor saturation
        assert expected.abs().mean() < 0.95
        torch.testing.assert_close(found, expected, atol=3e-5, rtol=0)
    assert not any("filter" in name for name in finished.model.state_dict())
    assert as_vocoder(finished).convention == MelConvention(rate=24_000, mels=100, fmax=12_000)


@pytest.mark.parametrize(
    ("config", "network", "parameters"),
    [
        (V1, BigvganParams(), 14_015_041),  # 14.01 M in the paper's table
        (
            V2,
            BigvganParams(
                channels=1536,
                rates=(4, 4, 2, 2, 2, 2),
                kernels=(8, 8, 4, 4, 4, 4),
                tanh=False,
                last_bias=False,
            ),
            112_414_512,  # 112 M in its list of models
        ),
    ],
)
def test_published_sizes(monkeypatch, tmp_path, config, network, parameters):
    path = write(tmp_path, config, {})
    with torch.device("meta"):
        state = importing.zeros(network.build(100).state_dict())
    monkeypatch.setattr("pipeline.interop.nvidia.load_tensors", lambda *_, **__: state)
    found = read(path, tmp_path / "config.json")
    assert found.network == network
    assert sum(value.numel() for value in found.weights.values()) == parameters


def test_safetensors_are_read_too(tmp_path):
    original = OriginalBigvgan(SMALL["v1"])
    path = write(tmp_path, SMALL["v1"], {}).with_suffix(".safetensors")
    save_file(original.state_dict(), path)
    x = torch.randn(1, 100, 3)
    found = as_vocoder(importing.imported(ORIGIN, path, tmp_path)).vocode(x)
    torch.testing.assert_close(found, original(x)[:, 0], atol=1e-5, rtol=0)


STATE = OriginalBigvgan(SMALL["v1"]).state_dict()
FILTER = "activation_post.upsample.filter"


@pytest.mark.parametrize(
    ("config", "state", "parts"),
    [
        ({"sampling_rate": 24000}, STATE, ["no configuration of BigVGAN", "activation: Field"]),
        ({**SMALL["v1"], "activation": "relu"}, STATE, ["activation", "'snake' or 'snakebeta'"]),
        ({**SMALL["v1"], "hop_size": 200}, STATE, ["make 256 samples of a frame"]),
        (SMALL["v1"], {}, ["weights of a generator of BigVGAN", "missing: conv_pre.weight"]),
        (SMALL["v1"], {**STATE, FILTER: torch.ones(1, 1, 12)}, [FILTER, "another filter"]),
        (SMALL["v1"], {**STATE, FILTER: kaiser_sinc()[:6]}, [FILTER, "another filter"]),
        (SMALL["v2"], STATE, ["config.json", "expected"]),
    ],
)
def test_what_is_no_bigvgan_is_refused(tmp_path, config, state, parts):
    path = write(tmp_path, config, {"generator": state})
    message = refused(path, "--name", "it", "--models", tmp_path)
    for part in parts:
        assert part in message
    assert not (tmp_path / "it").exists()
