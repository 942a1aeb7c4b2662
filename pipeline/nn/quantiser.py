"""Vector quantisation: each vector becomes the nearest entry of a codebook that is learnt with it.

van den Oord et al. 2017. What the field found to keep codebooks in use stands beside it: moving
averages, a start from k-means, revival of unused codes, few dimensions and unit length. Nothing
waits for the device, and every process of a run has the same codebook.
"""

from typing import Literal, NamedTuple

import torch
from pydantic import Field, NonNegativeFloat
from torch import Tensor, nn
from torch.nn.functional import mse_loss, normalize

from pipeline.block import Block, Count, Width
from pipeline.system.distributed import broadcast, summed

ROUNDS = 10  # of k-means
EPSILON = 1e-5  # share of a code that nothing fell to: no division by 0


class QuantiserParams(Block):
    """A codebook, by default that of the published VQGAN."""

    kind: Literal["nearest"] = Field("nearest", exclude=True)
    """Not written to files: a codebook without a kind is of this one."""
    codes: Count = 1024
    dim: Width = 256
    """Numbers of a code. Fewer than the networks' channels ask the codebook for less (the
    factorised codes of Yu et al. 2022: 32)."""
    learns: Literal["gradient", "ema"] = "gradient"
    """Codes follow the vectors that fall to them by a loss, or as their moving average."""
    decay: float = Field(0.99, ge=0, lt=1)
    """Share that a moving average keeps a step; for gradients, of each code's share alone."""
    commitment: NonNegativeFloat = 0.25
    """Weight of what ties vectors to their codes."""
    codebook: NonNegativeFloat = 1.0
    """Weight of what ties codes to their vectors, for gradients. Published VQGANs were trained
    with the two weights changed about, by an oversight that their code keeps."""
    cosine: bool = False
    """Compare directions: vectors and codes have length 1 (Yu et al. 2022)."""
    start: Literal["uniform", "kmeans"] = "uniform"
    """Codes begin evenly in [-1 / codes, 1 / codes], or as means of the first batch's vectors."""
    revive: float = Field(0.0, ge=0, lt=1)
    """A code moves to a random vector of the batch where its share of late falls below this share
    of a fair one, 1 / codes (Dhariwal et al. 2020 did so); 0: never."""

    def build(self) -> "Quantiser":
        """Build a layer of [N, D, h, w] -> the same in codes."""
        return Quantiser(self)


class Quantised(NamedTuple):
    """Quantised vectors [N, D, h, w]."""

    values: Tensor
    """[N, D, h, w]: the codes' values, whose gradient goes straight to the vectors."""
    codes: Tensor
    """[N, h, w] int64."""
    vectors: Tensor
    """[N * h * w, D]: what was compared with the codebook, without gradient."""
    loss: Tensor
    """Scalar: commitment, and for gradients what moves the codebook."""


class Quantiser(nn.Module):
    """See `QuantiserParams`. Computes in float32, also under autocast."""

    codebook: Tensor
    shares: Tensor
    sums: Tensor

    def __init__(self, params: QuantiserParams) -> None:
        super().__init__()
        self.params = params
        codes = params.codes
        codebook = torch.empty(codes, params.dim).uniform_(-1 / codes, 1 / codes)
        if params.learns == "gradient":
            self.codebook = nn.Parameter(codebook)
        else:
            self.register_buffer("codebook", codebook)
            self.register_buffer("sums", codebook / codes)
        self.register_buffer("shares", torch.full((codes,), 1 / codes))

    def forward(self, z: Tensor) -> Quantised:
        """Return the nearest code of each vector."""
        with torch.autocast(z.device.type, enabled=False):
            vectors = self._comparable(z.float().permute(0, 2, 3, 1))  # [N, h, w, D]
            flat = vectors.detach().flatten(0, 2)
            codes = self.nearest(flat).view(vectors.shape[:3])
            values = self.lookup(codes)
            loss = self.params.commitment * mse_loss(vectors, values.detach())
            if self.params.learns == "gradient":
                loss = loss + self.params.codebook * mse_loss(values, vectors.detach())
            # The way back is straight through: as if nothing had been rounded (section 3.2).
            passed = vectors + (values - vectors).detach()
        return Quantised(passed.permute(0, 3, 1, 2), codes, flat, loss)

    def nearest(self, vectors: Tensor) -> Tensor:
        """Find the codes [M] at the least distance from vectors [M, D]."""
        return nearest(vectors, self._comparable(self.codebook.detach()))

    def lookup(self, codes: Tensor) -> Tensor:
        """Look up the values [..., D] of codes [...]."""
        return self._comparable(self.codebook)[codes]

    @torch.no_grad()
    def begin(self, z: Tensor) -> None:
        """Let the codebook begin at the means of vectors [N, D, h, w], where that is wanted."""
        if self.params.start != "kmeans":
            return
        vectors = self._comparable(z.detach().float().permute(0, 2, 3, 1)).flatten(0, 2)
        with torch.autocast(z.device.type, enabled=False):
            self.codebook.copy_(broadcast(means(vectors, self.params.codes)))
        if self.params.learns == "ema":
            self.sums.copy_(self.codebook * self.shares[:, None])

    @torch.no_grad()
    def update_ema(self, found: Quantised) -> None:
        """Move the codebook by a training batch without gradients, after its step."""
        with torch.autocast(found.vectors.device.type, enabled=False):
            counts, sums = tally(found.vectors, found.codes.flatten(), self.params.codes)
            joint = summed(torch.cat([counts[:, None], sums], dim=1))
            joint = joint / joint[:, 0].sum()
            self.shares.lerp_(joint[:, 0], 1 - self.params.decay)
            if self.params.learns == "ema":
                self.sums.lerp_(joint[:, 1:], 1 - self.params.decay)
                smooth = (self.shares + EPSILON) / (1 + EPSILON * self.params.codes)
                moved = self.sums / smooth[:, None]
                # A code whose share is all but gone would shrink to 0.
                known = self.shares[:, None] > EPSILON
                self.codebook.copy_(torch.where(known, moved, self.codebook))
            if self.params.revive:
                self._revive(found.vectors)

    def _revive(self, vectors: Tensor) -> None:
        """Move the codes that are hardly used to where vectors [M, D] are."""
        fair = 1 / self.params.codes
        dead = self.shares < self.params.revive * fair
        chosen = torch.randint(len(vectors), (self.params.codes,), device=vectors.device)
        places = broadcast(vectors[chosen])
        self.codebook.copy_(torch.where(dead[:, None], places, self.codebook))
        self.shares.copy_(torch.where(dead, fair, self.shares))
        if self.params.learns == "ema":
            self.sums.copy_(torch.where(dead[:, None], places * fair, self.sums))

    def _comparable(self, vectors: Tensor) -> Tensor:
        """Return vectors [..., D] as they are, or at length 1."""
        return normalize(vectors, dim=-1) if self.params.cosine else vectors


def nearest(vectors: Tensor, codebook: Tensor) -> Tensor:
    """Find the row [M] of the codebook [K, D] at the least Euclidean distance from [M, D]."""
    squares = codebook.square().sum(dim=1)
    return torch.addmm(squares, vectors, codebook.T, alpha=-2).argmin(dim=1)


def tally(vectors: Tensor, codes: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Compute how many vectors [M, D] fell to each code [count], and their sums [count, D]."""
    counts = torch.zeros(count, device=vectors.device)
    counts.index_add_(0, codes, torch.ones_like(codes, dtype=counts.dtype))
    sums = torch.zeros(count, vectors.shape[1], device=vectors.device)
    return counts, sums.index_add_(0, codes, vectors)


def means(vectors: Tensor, count: int) -> Tensor:
    """Find ``count`` k-means of vectors [M, D], begun at random ones: [count, D] (Lloyd 1982).

    Where M < ``count``, some are equal but for a hundredth of the vectors' std.
    """
    centres = vectors[torch.randperm(len(vectors), device=vectors.device)]
    times = -(-count // len(vectors))
    centres = centres.repeat(times, 1)[:count]
    if times > 1:
        centres = centres + 0.01 * vectors.std() * torch.randn_like(centres)
    for _ in range(ROUNDS):
        counts, sums = tally(vectors, nearest(vectors, centres), count)
        centres = torch.where(counts[:, None] > 0, sums / counts[:, None].clamp(min=1), centres)
    return centres


def shares_of(codes: Tensor, count: int) -> Tensor:
    """Return the share of each code [count] among codes [...]."""
    flat = codes.flatten()
    counts = torch.zeros(count, device=codes.device)
    counts.index_add_(0, flat, torch.ones_like(flat, dtype=counts.dtype))
    return counts / flat.numel()


def codebook_statistics(codes: Tensor, count: int) -> dict[str, Tensor]:
    """Compute how codes [...] use a codebook of ``count``: scalars by name.

    ``perplexity``: exp of their entropy, how many there would be were all used alike, between 1 and
    ``count``. ``codebook_usage``: the share of the codebook that occurs.
    """
    shares = shares_of(codes, count)
    return {
        "perplexity": torch.special.entr(shares).sum().exp(),
        "codebook_usage": (shares > 0).float().mean(),
    }
