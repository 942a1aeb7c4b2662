"""Sound that is converted in chunks as long as those of training."""

import pytest
import tiny
import torch
from pydantic import ValidationError
from torch import Tensor, nn

from pipeline.inference.translation import translate_any_size
from pipeline.models.translators import GeneratorTranslator


class Listening(nn.Module):
    """Doubles what it is given, and remembers its shapes."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[int, ...]] = []

    def forward(self, x: Tensor) -> Tensor:
        self.heard.append(tuple(x.shape))
        return 2 * x


class Numbering(nn.Module):
    """Gives the number of each sample in place of all of its values."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.arange(len(x), dtype=x.dtype)[:, None, None, None].expand_as(x)


def translator(network: nn.Module, chunk: int | None) -> GeneratorTranslator:
    return GeneratorTranslator({"b": network}, {"b": "a"}, "eval", chunk)


@pytest.mark.parametrize(
    ("frames", "chunks"), [(12, 1), (16, 1), (17, 2), (30, 2), (31, 3), (44, 3), (86, 6)]
)
def test_no_frame_is_lost_and_no_chunk_longer(frames: int, chunks: int) -> None:
    network = Listening()
    x = torch.randn(2, 1, 12, frames)
    torch.testing.assert_close(translate_any_size(translator(network, 16), x, "b"), 2 * x)
    assert network.heard == [(2 * chunks, 1, 12, min(frames, 16))]


def test_many_chunks_are_not_converted_at_once() -> None:
    network = Listening()
    x = torch.randn(1, 1, 12, 1000)
    torch.testing.assert_close(translate_any_size(translator(network, 16), x, "b"), 2 * x)
    assert [shape[0] for shape in network.heard] == [64, 8]


def test_chunks_fade_into_one_another() -> None:
    # They begin at 0 and 14; the first and last two frames of each weigh 1 and 2, the others 2.
    found = translate_any_size(translator(Numbering(), 16), torch.zeros(1, 1, 12, 30), "b")
    expected = torch.cat([torch.zeros(14), torch.tensor([1 / 3, 2 / 3]), torch.ones(14)])
    torch.testing.assert_close(found, expected.expand_as(found))


def test_other_models_convert_everything_at_once() -> None:
    network = Listening()
    translate_any_size(translator(network, None), torch.zeros(1, 1, 12, 100), "b")
    assert network.heard == [(1, 1, 12, 100)]


def test_voices_are_converted_whole_unless_a_chunk_is_asked_for() -> None:
    run = tiny.runs()["voice_mask_cyclegan"]
    data = tiny.data_of(run)
    assert run.build_model(data).chunk is None
    assert tiny.shrink(run, chunk=16).build_model(data).chunk == 16
    for refused in (4, 18):
        with pytest.raises(ValidationError, match="chunk"):
            tiny.shrink(run, chunk=refused)
