"""The image pool of CycleGAN."""

import torch
from torch import Tensor, nn


class SamplePool(nn.Module):
    """Shows a discriminator past fakes as well as present ones (Shrivastava et al. 2017, 2.3).

    The pool is a buffer, so that it is saved and resumed with the method; half of the fakes
    handed in are swapped for older ones once the pool is full.
    """

    samples: Tensor

    def __init__(self, size: int) -> None:
        """Take ``size`` 0 to hand every fake straight through."""
        super().__init__()
        self.size = size
        self.register_buffer("samples", torch.empty(0))

    def forward(self, fakes: Tensor) -> Tensor:
        """Exchange fakes [N, C, H, W] for as many, each new or from the pool."""
        if not self.size:
            return fakes
        shown = [self._exchange(fake) for fake in fakes]
        return torch.stack(shown)

    def _exchange(self, fake: Tensor) -> Tensor:
        if len(self.samples) < self.size:
            kept = fake[None].to(self.samples.dtype)
            self.samples = (
                kept.clone() if not len(self.samples) else torch.cat([self.samples, kept])
            )
            return fake
        index = int(torch.randint(2 * self.size, ()))  # on the processor: no wait for the device
        if index >= self.size:
            return fake
        old = self.samples[index].clone()
        self.samples[index] = fake
        return old.to(fake.dtype)

    def _load_from_state_dict(self, state: dict[str, Tensor], prefix: str, *args: object) -> None:
        # The buffer grows while training, so its shape is the state's, not the fresh module's.
        saved = state.get(f"{prefix}samples")
        if saved is not None:
            self.samples = torch.empty_like(saved, device=self.samples.device)
        super()._load_from_state_dict(state, prefix, *args)
