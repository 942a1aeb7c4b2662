"""A queue of the samples seen last."""

import torch
from torch import Tensor

from pipeline.nn.kept_samples import KeptSamples


class SampleQueue(KeptSamples):
    """Keeps the last ``size`` samples of training, to compare a batch with more than another batch.

    After the queue of keys of He et al. 2020 (MoCo, section 3.2). The newest are the last.
    """

    def push(self, x: Tensor) -> Tensor:
        """Add samples [N, C, H, W], leave out the oldest beyond the size, and return all there are.

        Of more samples than that none is left out.
        """
        new = x.detach()
        every = torch.cat([self.samples, new]) if len(self.samples) else new.clone()
        self.samples = every[-max(self.size, len(x)) :]
        return self.samples
