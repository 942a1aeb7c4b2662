"""VQ models: they write samples as codes of a codebook, whatever their networks."""

from typing import Annotated, Self

from pydantic import Field
from torch import Tensor, nn

from pipeline.backbones.vit import VitParams
from pipeline.backbones.vqgan import VqganParams
from pipeline.block import default_kind
from pipeline.capabilities import Reconstructor, Tokenizer
from pipeline.nn.gumbel import GumbelParams, GumbelQuantiser
from pipeline.nn.quantiser import Quantised, Quantiser, QuantiserParams
from pipeline.samples import Spec

VQNetworkParams = Annotated[VitParams | VqganParams, Field(discriminator="kind")]
AnyQuantiserParams = Annotated[
    QuantiserParams | GumbelParams, Field(discriminator="kind"), default_kind("nearest")
]
"""Of finished models; ours are trained with the first alone."""

LAPLACE = 0.1
"""Margin of logit-Laplace's values from both ends of [0, 1] (Ramesh et al. 2021, A.3)."""


class VQModel(nn.Module, Reconstructor, Tokenizer):
    """Encoder -> 1x1 convolution -> codebook -> 1x1 convolution -> decoder."""

    quantiser: Quantiser | GumbelQuantiser

    def __init__(
        self, spec: Spec, network: VQNetworkParams, quantiser: AnyQuantiserParams, *, laplace: bool
    ) -> None:
        """Take ``laplace`` where the decoder gives means and log scales of `logit_laplace_nll`."""
        super().__init__()
        self.codes, self.multiple = quantiser.codes, network.multiple
        self.bounded, self.laplace, self.frozen = spec.bounded, laplace, False
        self.encoder = network.build_encoder(spec.channels)
        self.decoder = network.build_decoder(spec.channels * (2 if laplace else 1))
        self.quant_conv = nn.Conv2d(network.channels, quantiser.dim, 1)
        self.post_quant_conv = nn.Conv2d(quantiser.dim, network.channels, 1)
        self.quantiser = quantiser.build()

    @property
    def trained_quantiser(self) -> Quantiser:
        """The quantiser, as methods train it; raise TypeError where it is of another kind."""
        if not isinstance(self.quantiser, Quantiser):
            raise TypeError("a codebook of logits is not trained here")
        return self.quantiser

    def freeze(self) -> Self:
        """Finish it: no weight learns any more, and it stays in evaluation mode."""
        self.frozen = True
        return self.eval().requires_grad_(False)

    def train(self, mode: bool = True) -> Self:
        """Set training mode, or evaluation mode where it is finished."""
        return super().train(mode and not self.frozen)

    def vectors(self, x: Tensor) -> Tensor:
        """Encode samples [N, C, H, W] to vectors to be quantised, [N, D, h, w]."""
        z: Tensor = self.quant_conv(self.encoder(x))
        return z

    def draw(self, values: Tensor) -> Tensor:
        """Run the decoder on codes' values [N, D, h, w] -> [N, C or 2 C, H, W] float32."""
        y: Tensor = self.decoder(self.post_quant_conv(values))
        return y.float()

    def picture(self, drawn: Tensor) -> Tensor:
        """Convert the decoder's output to samples [N, C, H, W], not yet clamped."""
        if not self.laplace:
            return drawn
        mean = drawn.chunk(2, dim=1)[0].sigmoid()
        return 2 * (mean - LAPLACE) / (1 - 2 * LAPLACE) - 1

    def forward(self, x: Tensor) -> tuple[Tensor, Quantised]:
        """Return the decoder's output for samples, and their codes."""
        found: Quantised = self.quantiser(self.vectors(x))
        return self.draw(found.values), found

    def reconstruct(self, x: Tensor) -> Tensor:
        """Encode to codes and decode."""
        return self.decode_codes(self.encode_codes(x))

    def encode_codes(self, x: Tensor) -> Tensor:
        """Find the nearest codes."""
        found: Quantised = self.quantiser(self.vectors(x))
        return found.codes

    def decode_codes(self, codes: Tensor) -> Tensor:
        """Decode codes to samples within their range."""
        values = self.quantiser.lookup(codes).permute(0, 3, 1, 2)
        y = self.picture(self.draw(values))
        return y.clamp(-1, 1) if self.bounded else y

    def grid(self, spec: Spec) -> tuple[int, int]:
        """Return rows and columns of a sample's codes; raise ValueError where the width is free."""
        if spec.width is None:
            raise ValueError(
                "a grid of codes has a width, but these samples' width is time: set crop"
            )
        return spec.height // self.multiple, spec.width // self.multiple
