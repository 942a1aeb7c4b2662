"""Plain steps of the methods that learn one domain."""

from torch import Tensor

from benchmarks.plain.stepping import Cast, Step, adam
from pipeline.losses.adversarial import discriminator_loss, generator_loss
from pipeline.methods.gan import GAN
from pipeline.methods.vae import VAE
from pipeline.samples import Batch, Labelled


def gan_step(method: GAN, cast: Cast) -> Step:
    """Build DCGAN's step: discriminator on real, on fake, then generator."""
    network = method.adversary.network
    generator, discriminator = adam(method.model), adam(network)

    def step(batch: Batch) -> Tensor:
        assert isinstance(batch, Labelled)
        discriminator.zero_grad()
        with cast():
            fake = method.model.sample(len(batch.x))
            real_logits = network(batch.x)
            fake_logits = network(fake.detach())
            told = discriminator_loss("nonsaturating", real_logits, fake_logits)
        told.backward()
        discriminator.step()
        generator.zero_grad()
        with cast():
            loss = generator_loss("nonsaturating", network(fake))
        loss.backward()
        generator.step()
        return loss.detach()

    return step


def vae_step(method: VAE, cast: Cast) -> Step:
    """Build one step of the negative ELBO."""
    optimizer = adam(method.model)

    def step(batch: Batch) -> Tensor:
        assert isinstance(batch, Labelled)
        optimizer.zero_grad()
        with cast():
            nll, kl = method.model.elbo(batch.x)
            loss = (nll + method.params.beta * kl).mean() / batch.x[0].numel()
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step
