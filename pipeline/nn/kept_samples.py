"""Samples that a method keeps from one step to the next."""

import torch
from torch import Tensor, nn


class KeptSamples(nn.Module):
    """A buffer of samples that grows while training, saved and resumed with the method."""

    samples: Tensor
    """[kept so far, C, H, W]."""

    def __init__(self, size: int) -> None:
        """Take the number that is kept once there are as many."""
        super().__init__()
        self.size = size
        self.register_buffer("samples", torch.empty(0))

    def _load_from_state_dict(self, state: dict[str, Tensor], prefix: str, *args: object) -> None:
        # The buffer grows while training, so its shape is the state's, not the fresh module's.
        saved = state.get(f"{prefix}samples")
        if saved is not None:
            self.samples = torch.empty_like(saved, device=self.samples.device)
        super()._load_from_state_dict(state, prefix, *args)
