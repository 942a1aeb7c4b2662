"""Plain steps of autoencoders, of VQ models and of the prior over their codes."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, mse_loss

from benchmarks.plain.stepping import Cast, Step, adam, freeze
from pipeline.losses.adversarial import adaptive_weight, discriminator_loss, generator_loss
from pipeline.methods.autoencoder import Autoencoder
from pipeline.methods.code_prior import CodePrior
from pipeline.methods.vqgan import VQGAN
from pipeline.methods.vqvae import VQVAE
from pipeline.samples import Batch, Labelled


def autoencoder_step(method: Autoencoder, cast: Cast) -> Step:
    """Build one step of the squared error."""
    optimizer = adam(method.model)

    def step(batch: Batch) -> Tensor:
        assert isinstance(batch, Labelled)
        optimizer.zero_grad()
        with cast():
            loss = mse_loss(method.model.reconstruct(batch.x), batch.x)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def vqvae_step(method: VQVAE, cast: Cast) -> Step:
    """Build one step of the squared error and the commitment; then the codebook follows."""
    optimizer = adam(method.model)

    def step(batch: Batch) -> Tensor:
        assert isinstance(batch, Labelled)
        optimizer.zero_grad()
        with cast():
            y, found = method.model(batch.x)
            loss = mse_loss(y, batch.x) + found.loss
        loss.backward()
        optimizer.step()
        method.model.trained_quantiser.update_ema(found)
        return loss.detach()

    return step


def vqgan_step(method: VQGAN, cast: Cast) -> Step:
    """Build VQGAN's step with its discriminators on: the model, then the discriminators."""
    networks = [method.adversaries[name].network for name in method.adversaries]
    model, discriminators = adam(method.model), adam(*networks)
    params = method.params

    def step(batch: Batch) -> Tensor:
        assert isinstance(batch, Labelled)
        freeze(networks, True)
        model.zero_grad()
        with cast():
            drawn, found = method.model(batch.x)
            y = method.model.picture(drawn)
            likelihood = method.reconstruction(drawn, y, batch.x).total
            adversarial = torch.stack([generator_loss(params.loss, d(y)) for d in networks]).sum()
            assert likelihood is not None
            weight = adaptive_weight(likelihood, adversarial, method.model.decoder.last)
            loss = likelihood + found.loss + params.adversarial_weight * weight * adversarial
        loss.backward()
        model.step()
        method.model.trained_quantiser.update_ema(found)
        freeze(networks, False)
        discriminators.zero_grad()
        for network in networks:
            with cast():
                told = discriminator_loss(params.loss, network(batch.x), network(y.detach()))
            (0.5 * told).backward()
        discriminators.step()
        return loss.detach()

    return step


def code_prior_step(method: CodePrior, cast: Cast) -> Step:
    """Build one step of the cross-entropy of each code given those before it."""
    optimizer = adam(method.model.gpt)

    def step(batch: Batch) -> Tensor:
        assert isinstance(batch, Labelled)
        optimizer.zero_grad()
        with torch.no_grad():
            codes = method.model.tokenizer.encode_codes(batch.x).flatten(1)
        start = batch.y if method.model.classes else torch.zeros_like(batch.y)
        with cast():
            logits = method.model.gpt(start, codes[:, :-1])
            loss = cross_entropy(logits.flatten(0, 1), codes.flatten())
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step
