"""A variational autoencoder (Kingma & Welling 2014)."""

import torch
from torch import Generator, Tensor, nn

from pipeline.capabilities import Latent, LatentSampler, Reconstructor, Scorer
from pipeline.losses.divergence import gaussian_kl
from pipeline.losses.reconstruction import gaussian_nll
from pipeline.models.sampling import draw_labels, draw_latents
from pipeline.options import TRUNCATION

DRAWS = 8  # of the latent for a score


class VAEModel(nn.Module, LatentSampler, Reconstructor, Latent, Scorer):
    """Encoder [N, C, H, W] -> mean and log-variance [N, 2Z]; decoder [N, Z] -> samples."""

    options = (TRUNCATION,)

    def __init__(
        self, encoder: nn.Module, decoder: nn.Module, *, latent: int, noise: float | None
    ) -> None:
        """Take ``noise`` as the standard deviation of observations; None learns it."""
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.latent = latent
        self.classes = 0
        start = torch.tensor(1.0 if noise is None else noise, device="cpu").square().log().item()
        self.log_variance = nn.Parameter(torch.tensor(start), requires_grad=noise is None)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the mean and log-variance [N, Z] of q(z | x), in float32."""
        mean, log_variance = self.encoder(x).float().chunk(2, dim=1)
        return mean, log_variance

    def elbo(self, x: Tensor, noise: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Compute -log p(x | z) at one draw of z, and KL(q(z | x) || p(z)): nats [N] each.

        ``noise`` [N or 1, Z] is what z is drawn with; None draws it anew.
        """
        mean, log_variance = self.posterior(x)
        z = reparameterised(mean, log_variance, noise)
        return self.nll(x, z), gaussian_kl(mean, log_variance)

    def nll(self, x: Tensor, z: Tensor) -> Tensor:
        """Compute -log p(x | z) of samples at codes [N, Z], in nats [N]."""
        return gaussian_nll(x, self.decoder(z).float(), self.log_variance)

    def sample(
        self,
        n: int,
        generator: Generator | None = None,
        condition: Tensor | None = None,
        truncation: float = TRUNCATION.neutral,
    ) -> Tensor:
        """Decode draws from the prior; raise ValueError where a class is asked for."""
        draw_labels(self.classes, n, generator, condition)
        z = draw_latents(self, n, generator, truncation)
        return self.decode(z.to(self.log_variance.device))

    def reconstruct(self, x: Tensor) -> Tensor:
        """Decode the posterior's mean."""
        return self.decode(self.encode(x))

    def draw_reconstruction(self, x: Tensor, generator: Generator | None = None) -> Tensor:
        """Decode a draw of the posterior, another one each time.

        ``generator`` is the processor's; None asks torch's own.
        """
        mean, log_variance = self.posterior(x)
        noise = torch.randn(mean.shape, generator=generator, device="cpu").to(mean.device)
        return self.decode(reparameterised(mean, log_variance, noise))

    def encode(self, x: Tensor) -> Tensor:
        """Return the posterior's mean."""
        return self.posterior(x)[0]

    def decode(self, z: Tensor) -> Tensor:
        """Return the observations' mean."""
        y: Tensor = self.decoder(z)
        return y

    def score(self, x: Tensor) -> Tensor:
        """Estimate the ELBO in nats [N], at the same few draws for every sample."""
        noise = torch.randn(DRAWS, 1, self.latent, generator=Generator().manual_seed(0))
        bounds = []
        for draw in noise.to(x.device):
            nll, kl = self.elbo(x, draw)
            bounds.append(-(nll + kl))
        return torch.stack(bounds).mean(dim=0)


def reparameterised(mean: Tensor, log_variance: Tensor, noise: Tensor | None = None) -> Tensor:
    """Draw from normal distributions [N, Z] so that gradients reach mean and log-variance.

    ``noise`` [N or 1, Z] is what is drawn with; None draws it anew. Kingma & Welling 2014, section
    2.4.
    """
    if noise is None:
        noise = torch.randn_like(mean)
    return mean + (0.5 * log_variance).exp() * noise
