"""Convolutions with the initial weights of SPADE's networks, and spectral norm of any network."""

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from torch.nn.utils.parametrize import register_parametrization

ITERATIONS = 3  # in evaluation


def convolution(
    inputs: int,
    outputs: int,
    kernel: int,
    *,
    padding: int,
    stride: int = 1,
    bias: bool = True,
    spectral: bool = False,
    gain: float = 0.02,
) -> nn.Conv2d:
    """Return a convolution whose weights begin as Glorot & Bengio 2010 draw them, times ``gain``.

    Args:
        inputs: channels.
        outputs: channels.
        kernel: height and width of the filter.
        padding: zeros at each border.
        stride: down and across.
        bias: begins at 0; superfluous where a normalisation follows.
        spectral: whether the weights have `SpectralNorm`.
        gain: 0.02 is that of the published SPADE; 1 keeps the variance of what nothing normalises.
    """
    layer = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=bias)
    nn.init.xavier_normal_(layer.weight, gain)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    if spectral:
        register_parametrization(layer, "weight", SpectralNorm(layer.weight))
    return layer


def add_spectral_norm(network: nn.Module, *, embeddings: bool = False) -> None:
    """Put the weights of every convolution and linear layer under `SpectralNorm`.

    ``embeddings``: theirs, too, as of a discriminator's classes; a generator's begin at 0 or are
    left as they are in the published ones.
    """
    for layer in list(network.modules()):
        asked = embeddings and isinstance(layer, nn.Embedding)
        if asked or isinstance(layer, nn.Conv1d | nn.Conv2d | nn.Linear):
            assert isinstance(layer.weight, Tensor)
            register_parametrization(layer, "weight", SpectralNorm(layer.weight))


class SpectralNorm(nn.Module):
    """Divides weights [outputs, ...], seen as a matrix, by their largest singular value.

    Miyato et al. 2018, algorithm 1: one power iteration a training step, from where the last one
    ended. In evaluation there are a few, and nothing is kept. torch's own takes the singular
    vectors as they were saved then, but those of averaged weights (``ema``) are averages too:
    vectors that turned have almost cancelled, and weights come out several times too large.
    """

    u: Tensor

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.register_buffer("u", normalize(torch.randn(len(weight)), dim=0))

    def forward(self, weight: Tensor) -> Tensor:
        """Map weights to the same of spectral norm 1, as far as the iterations have come."""
        matrix = weight.flatten(1)
        with torch.no_grad():
            u = self.u
            for _ in range(1 if self.training else ITERATIONS):
                v = normalize(torch.mv(matrix.T, u), dim=0)
                u = normalize(torch.mv(matrix, v), dim=0)
            if self.training:
                self.u.copy_(u)
        norm = (u * torch.mv(matrix, v)).sum()
        return weight / norm
