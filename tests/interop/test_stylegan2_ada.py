"""Published StyleGAN2s: equal to the original in what they give, or refused with the reason."""

import pickle
from functools import partial

import importing
import pytest
import torch
from original_stylegan2 import draw, map_latents, random_state
from safetensors.torch import save_file

from pipeline.backbones.stylegan2_synthesis import StyleGAN2Params
from pipeline.inference.sampling import classes_of, draw_samples
from pipeline.interop.stylegan2_ada import read

ORIGIN = "stylegan2-ada"
refused = partial(importing.refused, ORIGIN)


def imported(tmp_path, **shape):
    state = random_state(**shape)
    torch.save(state, tmp_path / "network.pt")
    return state, importing.imported(ORIGIN, tmp_path / "network.pt", tmp_path)


@pytest.mark.parametrize(
    "shape",
    [{}, {"size": 32, "classes": 3, "layers": 3}, {"channels": 1, "most": 4, "size": 8}],
    ids=["plain", "classes", "grey"],
)
@torch.no_grad()
def test_an_imported_generator_gives_what_the_original_gives(tmp_path, shape):
    state, finished = imported(tmp_path, **shape)
    model, labels = finished.model, torch.tensor([0, 2, 1]) if "classes" in shape else None
    z = torch.randn(3, 5, generator=torch.Generator().manual_seed(1))
    w = map_latents(state, z, labels)
    torch.testing.assert_close(model.to_w(z, labels), w, atol=1e-4, rtol=1e-4)
    for psi in (1.0, 0.5):
        truncated = state["mapping.w_avg"].lerp(w, psi)
        ws = truncated[:, None].expand(-1, model.layers, -1)
        expected = draw(state, ws)
        assert expected.std() > 0.1
        found = model.generator.synthesis(ws, "constant")
        torch.testing.assert_close(found, expected, atol=1e-3, rtol=0)
        torch.testing.assert_close(model.synthesise(ws), expected.clamp(-1, 1), atol=1e-3, rtol=0)
        silent = model.generator.synthesis(ws, "none")
        torch.testing.assert_close(silent, draw(state, ws, noise=False), atol=1e-3, rtol=0)
    torch.testing.assert_close(model.decode(z, labels), draw_of(state, w, model).clamp(-1, 1))
    assert not torch.equal(silent, found)
    assert finished.capabilities == ("sample", "style-space")
    assert classes_of(finished) == ([] if labels is None else ["0", "1", "2"])


def draw_of(state, w, model):
    return draw(state, w[:, None].expand(-1, model.layers, -1))


@torch.no_grad()
def test_each_layer_takes_its_own_w(tmp_path):
    state, finished = imported(tmp_path)
    ws = torch.randn(2, finished.model.layers, 6, generator=torch.Generator().manual_seed(2))
    found = finished.model.generator.synthesis(ws, "constant")
    torch.testing.assert_close(found, draw(state, ws), atol=1e-3, rtol=0)
    assert finished.model.layers == 6  # as num_ws of 16 pixels is


def test_safetensors_are_read_too_and_sampled(tmp_path):
    state = random_state()
    contiguous = {name: value.contiguous().clone() for name, value in state.items()}
    save_file(contiguous, tmp_path / "network.safetensors")
    finished = importing.imported(ORIGIN, tmp_path / "network.safetensors", tmp_path)
    (samples,) = draw_samples(finished, 2, 1, options={"psi": 0.7, "noise": 2})
    assert samples.shape == (2, 3, 16, 16)


@pytest.mark.parametrize(
    ("width", "size", "layers", "parameters"),
    [(64, 256, 8, 24_767_458), (32, 1024, 8, 30_370_060), (1024, 32, 2, 19_947_539)],
    ids=["paper256", "1024", "cifar"],
)
def test_published_sizes(monkeypatch, tmp_path, width, size, layers, parameters):
    """FACTS of the public code, instantiated: train.py's paper256, paper1024 and cifar."""
    with torch.device("meta"):
        shapes = random_state_on_meta(width=width, size=size, layers=layers)
    state = importing.zeros(shapes)
    filters = {name for name in state if name.endswith("resample_filter")}
    state |= dict.fromkeys(filters, random_state()["synthesis.b4.resample_filter"])
    monkeypatch.setattr("pipeline.interop.stylegan2_ada.load_tensors", lambda *_, **__: state)
    found = read(tmp_path / "network.pt")
    assert found.network == StyleGAN2Params(width=min(width, 512), layers=layers, conv_clamp=256)
    assert (found.latent, found.size, found.channels) == (512, size, 3)
    buffers = {"mean", "constant"}
    assert parameters == sum(
        value.numel()
        for name, value in found.weights.items()
        if name.rpartition(".")[2] not in buffers
    )


def random_state_on_meta(**shape):
    """The shapes alone."""

    class Undrawn:
        def manual_seed(self, seed):
            return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "Generator", Undrawn)
        return random_state(most=512, dim=512, latent=512, **shape)


STATE = random_state()
FIRST = "synthesis.b4.resample_filter"


@pytest.mark.parametrize(
    ("state", "parts"),
    [
        ({}, ["found none"]),
        ({"synthesis.b4.const": torch.zeros(4, 4, 4)}, ["b8 and so on", "found b4"]),
        ({k: v for k, v in STATE.items() if ".b8." not in k}, ["b8 and so on", "b4, b16"]),
        ({k: v for k, v in STATE.items() if "w_avg" not in k}, ["it has no mapping.w_avg"]),
        ({**STATE, "mapping.w_avg": torch.zeros(())}, ["mapping.w_avg is []"]),
        ({**STATE, "mapping.fc0.weight": torch.zeros(6, 0)}, ["mapping.fc0.weight is [6, 0]"]),
        ({**STATE, FIRST: STATE[FIRST].roll(1)}, [FIRST, "another filter"]),
        ({**STATE, FIRST: torch.ones(2)}, [FIRST, "another filter"]),
        ({**STATE, "mapping.embed.weight": torch.zeros(6, 3)}, ["takes no z: 5 numbers"]),
        ({**STATE, "synthesis.b8.skip.weight": torch.zeros(3)}, ["unknown", "b8.skip.weight"]),
        (
            {k: v for k, v in STATE.items() if k != "synthesis.b8.conv0.noise_const"},
            ["missing: synthesis.convs.1.noise.constant"],
        ),
        ({**STATE, "synthesis.b4.const": torch.zeros(12, 5, 4)}, ["synthesis.start: expected"]),
    ],
)
def test_what_is_no_generator_is_refused(tmp_path, state, parts):
    torch.save(state, tmp_path / "network.pt")
    message = refused(tmp_path / "network.pt", "--name", "it", "--models", tmp_path)
    for part in (*parts, "stylegan2-ada-pytorch" if FIRST not in parts else "StyleGAN2"):
        assert part in message
    assert not (tmp_path / "it").exists()


def test_a_pickle_is_refused_with_the_command_that_converts_it(tmp_path):
    (tmp_path / "network.pkl").write_bytes(pickle.dumps({"G_ema": 1}))
    message = refused(tmp_path / "network.pkl", "--name", "it", "--models", tmp_path)
    assert "whose code is not run" in message
    assert "['G_ema'].state_dict(), 'network.pt')" in message


def test_pictures_have_one_channel_or_three(tmp_path):
    torch.save(random_state(channels=4), tmp_path / "network.pt")
    message = refused(tmp_path / "network.pt", "--name", "it", "--models", tmp_path)
    assert "expected a generator of 1 or 3 channels (pictures), found 4" in message
    message = refused(
        tmp_path / "network.pt", "--name", "it", "--models", tmp_path, "--config", tmp_path / "x"
    )
    assert "of a generator's options there are --name and --models alone, found --config" in message
