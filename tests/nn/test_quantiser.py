"""The codebook: what the nearest code is, how gradients pass it, and how it stays in use."""

import math
import socket
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch.nn.functional import mse_loss, normalize

from pipeline.nn.quantiser import (
    Quantiser,
    QuantiserParams,
    codebook_statistics,
    means,
    tally,
)

SMALL = {"codes": 6, "dim": 3}


def quantiser(**fields: object) -> Quantiser:
    return QuantiserParams(**{**SMALL, **fields}).build()


def spread(**fields: object) -> Quantiser:
    """A quantiser whose codes lie apart."""
    built = quantiser(**fields)
    with torch.no_grad():
        built.codebook.normal_()
        if built.params.learns == "ema":
            built.sums.copy_(built.codebook * built.shares[:, None])
    return built


def test_the_nearest_code_is_taken():
    built, z = spread(), torch.randn(2, 3, 4, 5)
    found = built(z)
    apart = torch.cdist(z.permute(0, 2, 3, 1).reshape(-1, 3), built.codebook)
    assert torch.equal(found.codes.flatten(), apart.argmin(dim=1))
    assert found.codes.shape == (2, 4, 5)
    torch.testing.assert_close(found.values, built.lookup(found.codes).permute(0, 3, 1, 2))


def test_directions_are_compared_where_lengths_are_1():
    built, z = spread(cosine=True), 5 * torch.randn(2, 3, 4, 4)
    found = built(z)
    cosines = normalize(z.permute(0, 2, 3, 1), dim=-1) @ normalize(built.codebook, dim=1).T
    assert torch.equal(found.codes, cosines.argmax(dim=-1))
    torch.testing.assert_close(found.values.norm(dim=1), torch.ones(2, 4, 4))


@pytest.mark.parametrize("learns", ["gradient", "ema"])
def test_gradients_go_straight_through(learns):
    built = spread(learns=learns)
    z = torch.randn(2, 3, 4, 4, requires_grad=True)
    downstream = torch.randn(2, 3, 4, 4)
    (built(z).values * downstream).sum().backward()
    assert torch.equal(z.grad, downstream)
    assert built.codebook.grad is None


def test_losses_by_hand():
    z = torch.randn(1, 3, 2, 2, requires_grad=True)
    built = spread(commitment=0.25, codebook=2.0)
    found = built(z)
    distance = mse_loss(z, found.values)
    torch.testing.assert_close(found.loss, 2.25 * distance)
    found.loss.backward()
    error = (z - found.values).detach()
    torch.testing.assert_close(z.grad, 0.25 * 2 * error / error.numel())
    pulled = torch.zeros(6, 3).index_add_(
        0, found.codes.flatten(), -error.permute(0, 2, 3, 1).reshape(-1, 3)
    )
    torch.testing.assert_close(built.codebook.grad, 2.0 * 2 * pulled / error.numel())
    averaged = spread(learns="ema", commitment=0.5)
    found = averaged(z)
    torch.testing.assert_close(found.loss, 0.5 * mse_loss(z, found.values))


def test_moving_averages_by_hand():
    built = spread(learns="ema", decay=0.9)
    before, z = built.codebook.clone(), torch.randn(2, 3, 4, 4)
    found = built(z)
    built.update_ema(found)
    counts, sums = tally(found.vectors, found.codes.flatten(), 6)
    shares = 0.9 / 6 + 0.1 * counts / 32
    torch.testing.assert_close(built.shares, shares)
    expected = (0.9 * before / 6 + 0.1 * sums / 32) / shares[:, None]
    torch.testing.assert_close(built.codebook, expected, rtol=1e-3, atol=1e-4)


def test_averages_come_to_the_means_of_what_falls_to_each_code():
    built = spread(learns="ema", decay=0.5)
    centres = 10 * torch.eye(3)
    built.codebook.copy_(torch.cat([centres + 1, centres - 40]))
    built.sums.copy_(built.codebook / 6)
    z = centres.T[None, :, :, None]  # three vectors, each the centre of a code
    for _ in range(30):
        built.update_ema(built(z))
    torch.testing.assert_close(built.codebook[:3], centres, rtol=1e-3, atol=1e-2)
    assert torch.isfinite(built.codebook).all()


@pytest.mark.parametrize("learns", ["gradient", "ema"])
def test_unused_codes_move_to_where_vectors_are(learns):
    built = quantiser(learns=learns, revive=0.5, decay=0.5)
    with torch.no_grad():
        built.codebook.fill_(1000.0)
        built.codebook[0] = 0.0
    if learns == "ema":
        built.sums.copy_(built.codebook / 6)
    z = torch.randn(2, 3, 8, 8)
    for _ in range(3):
        built.update_ema(built(z))
    assert built.codebook.abs().max() < 10
    assert codebook_statistics(built(z).codes, 6)["perplexity"] > 3
    still = quantiser(learns=learns, decay=0.5)
    with torch.no_grad():
        still.codebook.fill_(1000.0)
        still.codebook[0] = 0.0
    if learns == "ema":
        still.sums.copy_(still.codebook / 6)
    for _ in range(3):
        still.update_ema(still(z))
    assert (still.codebook[1:] > 900).all()


def test_k_means_finds_clusters():
    centres = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]])
    points = (centres[:, None] + 0.1 * torch.randn(4, 50, 2)).flatten(0, 1)
    found = means(points, 12)
    apart = torch.cdist(centres, found).min(dim=1).values
    assert apart.max() < 0.3
    assert torch.cdist(points, found).min(dim=1).values.mean() < 0.15


def test_k_means_takes_fewer_vectors_than_codes():
    found = means(torch.randn(5, 2), 12)
    assert found.shape == (12, 2)
    assert torch.isfinite(found).all()


@pytest.mark.parametrize("learns", ["gradient", "ema"])
def test_a_codebook_begins_at_the_vectors_or_evenly(learns):
    z = torch.randn(2, 3, 4, 4) + 100
    built = quantiser(learns=learns, start="kmeans")
    built.begin(z)
    assert (built.codebook > 90).all()
    even = quantiser(learns=learns)
    before = even.codebook.clone()
    even.begin(z)
    assert torch.equal(even.codebook, before)
    assert before.abs().max() <= 1 / 6


def test_perplexity_and_use_by_hand():
    codes = torch.tensor([[0, 0, 1], [2, 2, 1]])
    found = codebook_statistics(codes, 9)
    torch.testing.assert_close(found["perplexity"], torch.tensor(3.0))
    assert found["codebook_usage"] == pytest.approx(3 / 9)
    uneven = torch.tensor([0, 0, 0, 1])
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    found = codebook_statistics(uneven, 2)
    torch.testing.assert_close(found["perplexity"], torch.tensor(math.exp(entropy)))


def test_nothing_is_rounded_more_under_autocast():
    built, z = spread(), torch.randn(2, 3, 4, 4)
    with torch.autocast("cpu", torch.bfloat16):
        found = built(z)
    assert found.values.dtype == torch.float32
    assert torch.equal(found.codes, built(z).codes)


def follow_alone(rank: int, port: int, out: Path) -> None:
    """One of two processes whose quantisers see different batches."""
    address = f"tcp://127.0.0.1:{port}"
    dist.init_process_group("gloo", init_method=address, rank=rank, world_size=2)
    torch.manual_seed(0)
    built = quantiser(learns="ema", start="kmeans", revive=0.5, decay=0.5)
    torch.manual_seed(1 + rank)
    built.begin(torch.randn(2, 3, 4, 4))
    for _ in range(4):
        built.update_ema(built(torch.randn(2, 3, 4, 4)))
    torch.save(built.state_dict(), out / str(rank))
    dist.destroy_process_group()


def test_all_processes_have_the_same_codebook(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    spawn = torch.multiprocessing.get_context("fork").Process
    processes = [spawn(target=follow_alone, args=(rank, port, tmp_path)) for rank in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    first, second = (torch.load(tmp_path / str(rank)) for rank in range(2))
    assert all(torch.equal(value, second[name]) for name, value in first.items())
