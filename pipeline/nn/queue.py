"""A queue of the samples seen last."""

import torch
from torch import Tensor, nn


class SampleQueue(nn.Module):
    """Keeps the last ``size`` samples of training, to compare a batch with more than another batch.

    After the queue of keys of He et al. 2020 (MoCo, section 3.2). It is a buffer, so it is saved
    and resumed with the method.
    """

    samples: Tensor
    """[up to size, C, H, W]; the newest last."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.register_buffer("samples", torch.empty(0))

    def push(self, x: Tensor) -> Tensor:
        """Add samples [N, C, H, W], leave out the oldest beyond the size, and return all there are.

        Of more samples than that none is left out.
        """
        new = x.detach()
        every = torch.cat([self.samples, new]) if len(self.samples) else new.clone()
        self.samples = every[-max(self.size, len(x)) :]
        return self.samples

    def _load_from_state_dict(self, state: dict[str, Tensor], prefix: str, *args: object) -> None:
        # The buffer grows while training, so its shape is the state's, not the fresh module's.
        saved = state.get(f"{prefix}samples")
        if saved is not None:
            self.samples = torch.empty_like(saved, device=self.samples.device)
        super()._load_from_state_dict(state, prefix, *args)
