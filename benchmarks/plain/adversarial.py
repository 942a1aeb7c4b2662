"""Plain steps of the GANs whose updates are not DCGAN's."""

from torch import Tensor
from torch.nn.functional import cross_entropy

from benchmarks.plain.stepping import Cast, Step, adam
from pipeline.backbones.progressive import shown_at
from pipeline.losses.adversarial import discriminator_loss, generator_loss
from pipeline.losses.matching import mean_feature_matching
from pipeline.losses.penalty import gradient_penalty, interpolate
from pipeline.methods.progressive_gan import ProgressiveGAN
from pipeline.methods.projected_gan import ProjectedGAN
from pipeline.methods.sgan import SGAN
from pipeline.samples import Batch, Labelled


def progressive_gan_step(method: ProgressiveGAN, cast: Cast) -> Step:
    """Build progressive GAN's step at the size of the first one: critic, then generator."""
    levels = method.generator.levels
    growth = method.params.growth.at(0, levels)
    method.generator.grow(growth)
    method.discriminator.grow(growth)
    network = method.discriminator
    generator, critic = adam(method.model), adam(network)

    def step(batch: Batch) -> Tensor:
        assert isinstance(batch, Labelled)
        x = shown_at(batch.x, growth, levels)
        critic.zero_grad()
        with cast():
            fake = method.generator.at_level(method.model.draw(len(x), device=x.device))
            of_real, of_fake = network(x).float(), network(fake.detach()).float()
            told = discriminator_loss("wasserstein", of_real, of_fake)
            told = told + 1e-3 * of_real.square().mean()
        penalty, _ = gradient_penalty(network, interpolate(x, fake))
        (told + 10 * penalty).backward()
        critic.step()
        generator.zero_grad()
        with cast():
            loss = generator_loss("wasserstein", network(fake).float())
        loss.backward()
        generator.step()
        return loss.detach()

    return step


def projected_gan_step(method: ProjectedGAN, cast: Cast) -> Step:
    """Build Projected GAN's step, its heads' losses averaged: heads, then generator."""
    network = method.adversary.network
    generator, heads = adam(method.model.network), adam(network)

    def step(batch: Batch) -> Tensor:
        assert isinstance(batch, Labelled)
        heads.zero_grad()
        with cast():
            fake = method.model.sample(len(batch.x))
            pairs = list(zip(network(batch.x), network(fake.detach()), strict=True))
            losses = [discriminator_loss("hinge", real[-1], fake[-1]) for real, fake in pairs]
            told = sum(losses[1:], losses[0]) / len(losses)
        told.backward()
        heads.step()
        generator.zero_grad()
        with cast():
            losses = [generator_loss("hinge", layers[-1]) for layers in network(fake)]
            loss = sum(losses[1:], losses[0]) / len(losses)
        loss.backward()
        generator.step()
        return loss.detach()

    return step


def sgan_step(method: SGAN, cast: Cast) -> Step:
    """Build a semi-supervised GAN's step: the classifier, then the generator by its features."""
    network, model = method.adversary.network, method.model
    generator, classifier = adam(model.generator), adam(network)

    def step(batch: Batch) -> Tensor:
        assert isinstance(batch, Labelled)
        labelled, labels, real = batch.x[::2], batch.y[::2], batch.x[1::2]
        classifier.zero_grad()
        with cast():
            fake = model.sample(len(real))
            told = discriminator_loss("nonsaturating", network(real), network(fake.detach()))
            told = told + cross_entropy(model.classify(labelled), labels)
        told.backward()
        classifier.step()
        generator.zero_grad()
        with cast():
            loss = mean_feature_matching(model.features(fake), model.features(real).detach())
        loss.backward()
        generator.step()
        return loss.detach()

    return step
