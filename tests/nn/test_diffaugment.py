"""Altered samples: what changes, by how much, and that gradients come back."""

import pytest
import torch

from pipeline.nn.diffaugment import diff_augment, holed, recoloured, shifted

ALL = ("colour", "translation", "cutout")


def test_nothing_is_altered_unasked():
    x = torch.rand(2, 3, 8, 8)
    assert diff_augment((), x) == (x,)


def test_rows_are_altered_apart_and_halves_alike():
    x = torch.rand(6, 3, 16, 16)
    for kind in ALL:
        torch.manual_seed(0)
        one, two = diff_augment((kind,), x, x.clone())
        assert one.shape == x.shape
        assert torch.equal(one, two), kind
        same = diff_augment((kind,), x[:1].expand(6, -1, -1, -1))[0]
        assert len({row.numpy().tobytes() for row in same}) > 3, kind


def test_halves_may_differ_in_channels():
    x = torch.rand(4, 3, 16, 16)
    torch.manual_seed(1)
    labels, picture = shifted(x[:, :1], x)
    assert torch.equal(labels, picture[:, :1])


def test_colours_keep_to_their_ranges():
    torch.manual_seed(0)
    flat = torch.zeros(500, 3, 4, 4)  # without contrast and saturation: brightness alone
    (bright,) = recoloured(flat)
    assert float(bright.min()) == pytest.approx(-0.5, abs=0.01)
    assert float(bright.max()) == pytest.approx(0.5, abs=0.01)
    (weaker,) = recoloured(flat, strength=0.2)
    assert float(weaker.abs().max()) == pytest.approx(0.1, abs=0.002)
    (same,) = recoloured(flat + 0.3, strength=0.0)
    torch.testing.assert_close(same, flat + 0.3)


def test_contrast_and_saturation_by_hand(monkeypatch):
    draws = iter([0.5, 1.0, 0.75])  # of [0, 1): brightness 0, saturation doubled, contrast +25 %
    monkeypatch.setattr(torch, "rand", lambda *_, **__: torch.full((1, 1, 1, 1), next(draws)))
    x = torch.tensor([0.0, 0.2, 0.4]).reshape(1, 3, 1, 1)
    (y,) = recoloured(x)
    # Away from the grey 0.2 twice as far, then away from the mean 0.2 by a quarter more.
    expected = torch.tensor([0.2 - 0.4 * 1.25, 0.2, 0.2 + 0.4 * 1.25])
    torch.testing.assert_close(y.flatten(), expected)


def test_translation_moves_whole_pixels_by_an_eighth_at_most():
    torch.manual_seed(0)
    x = torch.zeros(200, 1, 16, 16)
    x[:, :, 8, 5] = 1
    (y,) = shifted(x)
    assert torch.equal(y.sum(dim=(1, 2, 3)), torch.ones(200))
    rows, columns = y.flatten(1).argmax(dim=1) // 16, y.flatten(1).argmax(dim=1) % 16
    assert set(rows.tolist()) == {6, 7, 8, 9, 10}
    assert set(columns.tolist()) == {3, 4, 5, 6, 7}
    edge = torch.ones(200, 1, 16, 16)
    (moved,) = shifted(edge)
    assert float(moved.sum(dim=(1, 2, 3)).min()) == 14 * 14  # two rows and columns of 0 came in


@pytest.mark.parametrize("side", [8, 9])
def test_the_hole_is_a_quarter_of_the_area_or_less(side):
    torch.manual_seed(0)
    (y,) = holed(torch.ones(300, 1, side, side))
    holes = (y == 0).sum(dim=(1, 2, 3))
    assert int(holes.max()) == round(side / 2) ** 2
    assert int(holes.min()) < round(side / 2) ** 2  # over the border
    covered = (y == 0).float().mean(dim=0)
    assert (covered > 0.02).all()  # every place is hit some day


def test_gradients_reach_the_samples():
    x = torch.rand(2, 3, 8, 8, dtype=torch.float64, requires_grad=True)

    def altered(x: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(0)
        return diff_augment(ALL, x)[0]

    assert torch.autograd.gradcheck(altered, (x,))
