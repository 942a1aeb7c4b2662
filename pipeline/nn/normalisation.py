"""Normalisation layers by name, and the initial weights that go with them."""

from typing import Literal

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.functional import batch_norm, instance_norm

from pipeline.system.distributed import all_reduce_mean, synced

Norm = Literal["batch", "instance", "none"]


def norm_layer(kind: Norm, channels: int) -> nn.Module:
    """Build batch norm with, or instance norm without, learnt scale and shift (as in CycleGAN)."""
    if kind == "batch":
        return BatchNorm(channels)
    if kind == "instance":
        return InstanceNorm()
    return nn.Identity()


class BatchNorm(nn.BatchNorm2d):
    """Each channel of a batch to mean 0 and variance 1 (Ioffe & Szegedy 2015), then affine.

    In a training step that several processes share, the batch is that of all of them, so their
    number does not change what is learnt. torch's own SyncBatchNorm needs GPUs.
    """

    collected: list[tuple[Tensor, Tensor]] | None = None
    """Means and variances of batches while statistics are computed anew: see `collect`."""

    def forward(self, input: Tensor) -> Tensor:
        """Map [N, C, H, W] to the same shape."""
        if self.collected is not None:
            return self._collect(input, self.collected)
        if not (self.training and synced()):
            return super().forward(input)
        x = input.float()
        mean = all_reduce_mean(x.mean((0, 2, 3), keepdim=True))
        centred = x - mean
        variance = all_reduce_mean(centred.square().mean((0, 2, 3), keepdim=True))
        self.remember(mean, variance, count=x.numel() // x.shape[1])
        y = centred * (variance + self.eps).rsqrt()
        if self.affine:
            y = y * self.weight[:, None, None] + self.bias[:, None, None]
        return y.to(input.dtype)

    def collect(self) -> None:
        """Normalise by each batch's statistics from now on, whatever the mode, and note them."""
        self.collected = []

    @torch.no_grad()
    def finish(self) -> None:
        """Let the running statistics be the means of those noted since `collect`."""
        if self.collected:
            means, variances = zip(*self.collected, strict=True)
            assert self.running_mean is not None
            assert self.running_var is not None
            self.running_mean.copy_(torch.stack(means).mean(dim=0))
            self.running_var.copy_(torch.stack(variances).mean(dim=0))
        self.collected = None

    def _collect(self, input: Tensor, collected: list[tuple[Tensor, Tensor]]) -> Tensor:
        variance, mean = torch.var_mean(input.float(), dim=(0, 2, 3))
        collected.append((mean.detach(), variance.detach()))
        return batch_norm(input, None, None, self.weight, self.bias, training=True, eps=self.eps)

    @torch.no_grad()
    def remember(self, mean: Tensor, variance: Tensor, count: int) -> None:
        """Move the running statistics towards those of a batch of ``count`` numbers a process."""
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        total = count * dist.get_world_size()
        self.num_batches_tracked.add_(1)
        self.running_mean.lerp_(mean.flatten(), self.momentum)
        self.running_var.lerp_(variance.flatten() * total / (total - 1), self.momentum)


class InstanceNorm(nn.Module):
    """Each channel of each sample to mean 0 and variance 1 (Ulyanov et al. 2016).

    On a processor torch's own copies channels-last tensors to the default layout and back, which
    costs more than the arithmetic. Batch norm of a single sample is the same mathematics and
    reads either layout.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, H, W] to the same shape; raise ValueError where H x W is a single number."""
        if x.device.type == "cpu" and x.is_contiguous(memory_format=torch.channels_last):
            samples = [
                batch_norm(sample, None, None, training=True) for sample in torch.split(x, 1)
            ]
            return samples[0] if len(samples) == 1 else torch.cat(samples)
        return instance_norm(x)


class GroupNorm(nn.GroupNorm):
    """Groups of channels of each sample to mean 0 and variance 1 (Wu & He 2018), then affine.

    On a processor torch's own takes several times as long over channels-last tensors as over
    those of the default layout, copies there and back and all.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Map [N, C, H, W] to the same shape."""
        last = torch.channels_last
        if input.device.type == "cpu" and input.is_contiguous(memory_format=last):
            return super().forward(input.contiguous()).contiguous(memory_format=last)
        return super().forward(input)


def init_normal(module: nn.Module, std: float = 0.02) -> nn.Module:
    """Draw convolution and linear weights from N(0, 0.02), scales from N(1, 0.02), biases 0.

    The initialisation of DCGAN (Radford et al. 2016), which pix2pix and CycleGAN kept.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(layer.weight, 0.0, std)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm2d) and layer.affine:
            nn.init.normal_(layer.weight, 1.0, std)
            nn.init.zeros_(layer.bias)
    return module
