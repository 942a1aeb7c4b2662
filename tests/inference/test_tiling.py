"""Tiles are seamless: what comes of them is what one pass gives."""

import pytest
import tiny
import torch
from torch import Tensor, nn

from pipeline.backbones import ResnetParams, UnetParams, VaeParams
from pipeline.backbones.latent import LatentTranslationParams
from pipeline.backbones.vqgan import VqganParams
from pipeline.inference import tiling as tiles
from pipeline.inference import translation
from pipeline.inference.tiling import evenly, fade, pieces, spans, translate_in_tiles
from pipeline.models.latent_translator import LatentTranslator
from pipeline.models.translators import GeneratorTranslator
from pipeline.models.vq import VQModel
from pipeline.nn.normalisation import InstanceNorm
from pipeline.nn.quantiser import QuantiserParams
from pipeline.samples import Spec


def picture(height: int, width: int) -> Tensor:
    """[1, 3, H, W] whose left and right differ much, as sky and ground do."""
    generator = torch.Generator().manual_seed(1)
    coarse = torch.rand(1, 3, 6, 8, generator=generator) * 2 - 1
    coarse[..., 4:] *= 0.2
    return nn.functional.interpolate(coarse, (height, width), mode="bilinear")


def translator(network: nn.Module, mode: str = "eval") -> GeneratorTranslator:
    return GeneratorTranslator({"b": network.eval()}, {"b": "a"}, mode)


def difference(model: GeneratorTranslator | LatentTranslator, x: Tensor, **sizes: int) -> float:
    """Between tiles and one pass, on average, in 255ths of the range."""
    with torch.inference_mode():
        torch.manual_seed(3)
        whole = model.translate(x, "b")
        torch.manual_seed(3)
        found = translate_in_tiles(model, x, "b", **sizes)
    assert found.shape == whole.shape
    return float((found - whole).abs().mean()) * 127.5


@pytest.mark.parametrize("norm", ["instance", "batch"])
@pytest.mark.parametrize("up", ["transpose", "resize", "blur"])
def test_tiles_of_a_resnet_are_the_whole(norm, up):
    down = "blur" if up == "blur" else "stride"
    params = ResnetParams(width=8, blocks=2, norm=norm, downsample=down, upsample=up)
    network = params.build(3, 3, True)
    assert difference(translator(network), picture(256, 512), tile=128, margin=48) < 0.5


@pytest.mark.parametrize("norm", ["instance", "none"])
def test_tiles_of_a_vae_are_the_whole(norm):
    network = VaeParams(width=8, blocks=1, norm=norm).build(3, 3, True)
    assert difference(translator(network), picture(256, 512), tile=128, margin=48) < 0.5


def test_tiles_between_the_latents_of_a_vq_model_are_the_whole(monkeypatch):
    network = VqganParams(width=8, multipliers=(1, 2), blocks=1, attention=(), channels=8, groups=4)
    spec = Spec(channels=3, height=64, width=64, bounded=True)
    tokenizer = VQModel(spec, network, QuantiserParams(codes=16, dim=8), laplace=False)
    with torch.no_grad():
        for attention in (tokenizer.encoder.mid.attn_1, tokenizer.decoder.mid.attn_1):
            attention.proj_out.weight.zero_()  # it looks at all of a tile, wherever that ends
    network = LatentTranslationParams(width=8, blocks=1, groups=4).build(8)
    model = LatentTranslator(tokenizer, {"b": network}, {"b": "a"}, frozen=True)
    x, sizes = picture(96, 192), {"tile": 48, "margin": 24}  # attention costs the area's square
    assert difference(model, x, **sizes) < 0.5
    monkeypatch.setattr(tiles, "GroupNorm", nn.Identity)
    assert difference(model, x, **sizes) > 2


@pytest.mark.parametrize("mode", ["train", "eval"])
def test_tiles_of_a_unet_are_the_whole(mode):
    network = UnetParams(width=4, depth=4, norm="batch", dropout=False).build(3, 3, True)
    assert difference(translator(network, mode), picture(256, 512), tile=128, margin=64) < 0.5


def test_tiles_with_statistics_of_their_own_would_show(monkeypatch):
    """Translate in tiles without shared statistics: the test above would find that."""
    network = ResnetParams(width=8, blocks=2).build(3, 3, True)
    monkeypatch.setattr(tiles, "InstanceNorm", nn.Identity)
    assert difference(translator(network), picture(256, 512), tile=128, margin=48) > 2


def test_the_network_is_left_as_it_was():
    network = ResnetParams(width=4, blocks=1).build(3, 3, True)
    model, x = translator(network), picture(64, 96)
    with torch.no_grad():
        before = model.translate(x, "b")
    translate_in_tiles(model, x, "b", tile=32, margin=16)
    with torch.no_grad():
        assert torch.equal(model.translate(x, "b"), before)
    assert not any(m._forward_hooks for m in model.modules() if isinstance(m, InstanceNorm))


@pytest.mark.parametrize(("length", "tile", "margin"), [(100, 32, 12), (64, 64, 8), (130, 64, 64)])
def test_weights_add_up_to_one_everywhere(length, tile, margin):
    total = torch.zeros(length)
    for span in spans(length, tile, margin):
        assert 0 <= span.start <= span.own_start < span.own_stop <= span.stop <= length
        weights = fade(span, length, margin)
        assert weights.min() >= 0
        total[span.start : span.stop] += weights
    torch.testing.assert_close(total, torch.ones(length))


def test_pieces_are_spread_over_the_whole_picture():
    x = torch.arange(3000.0)[:, None] * 10_000 + torch.arange(4000.0)
    found = pieces(x[None, None], 256, 4)
    assert found.shape[1:] == (1, 256, 256)
    assert 12 <= len(found) <= tiles.PIECES
    first, last = found[0, 0, 0, 0], found[-1, 0, -1, -1]
    assert (float(first), float(last)) == (0.0, float(x[-1, -1]))
    assert pieces(x[None, None, :300, :200], 256, 4).shape == (2, 1, 256, 200)
    assert evenly(10, 1, 4) == [4]
    assert evenly(12, 3, 4) == [0, 8, 12]


def test_large_pictures_of_any_size_go_in_tiles(monkeypatch):
    seen: list[tuple[int, ...]] = []

    def in_tiles(model: object, x: Tensor, to: str) -> Tensor:
        seen.append(tuple(x.shape))
        return x

    monkeypatch.setattr(translation, "WHOLE", 1000)
    monkeypatch.setattr(translation, "translate_in_tiles", in_tiles)
    model = translator(ResnetParams(width=4, blocks=1).build(3, 3, True))
    x = torch.rand(2, 3, 33, 41)
    assert torch.equal(translation.translate_any_size(model, x, "b"), x)
    assert seen == [(1, 3, 36, 44)] * 2
    translation.translate_any_size(model, torch.rand(1, 3, tiny.SIDE, tiny.SIDE), "b")
    assert len(seen) == 2
