"""Weights that training computes from others, made plain for use: weight norm, spectral norm."""

import copy

from torch import nn
from torch.nn.utils.parametrize import is_parametrized, type_before_parametrizations


def folded(network: nn.Module) -> nn.Module:
    """Return a copy whose parametrised weights are plain ones of the same values.

    That is what a finished model keeps: fewer numbers, and nothing to compute before each use.
    ``network`` itself where nothing in it is parametrised.
    """
    if not any(is_parametrized(layer) for layer in network.modules()):
        return network
    plain = copy.deepcopy(network)
    for layer in list(plain.modules()):
        if is_parametrized(layer):
            fold(layer)
    return plain


def fold(layer: nn.Module) -> None:
    """Make the parametrised weights of one layer plain.

    Unlike torch's ``remove_parametrizations`` it leaves the layer's class alone, which copies of
    the layer share: the network that goes on training would lose its weights.
    """
    # In evaluation mode, or spectral norm would go on.
    parametrizations = layer.get_submodule("parametrizations").eval()
    names = list(parametrizations._modules)
    weights = {name: nn.Parameter(getattr(layer, name).detach().clone()) for name in names}
    del layer.parametrizations
    layer.__class__ = type_before_parametrizations(layer)
    for name, weight in weights.items():
        layer.register_parameter(name, weight)
