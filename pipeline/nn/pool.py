"""The image pool of CycleGAN."""

import torch
from torch import Tensor

from pipeline.nn.kept_samples import KeptSamples


class SamplePool(KeptSamples):
    """Shows a discriminator past fakes as well as present ones (Shrivastava et al. 2017, 2.3).

    Half of the fakes handed in are swapped for older ones once the pool is full. One of ``size`` 0
    hands every fake straight through.
    """

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
