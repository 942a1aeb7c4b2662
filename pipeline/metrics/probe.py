"""Linear probes: what a linear classifier reads out of features that nobody trained for it.

Radford et al. 2016, section 5.1, classify by a discriminator's features; a number means something
beside the same of the pixels and of a network with random weights.
"""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.optim import LBFGS, Optimizer

ITERATIONS = 100


def probe_accuracy(
    features: Tensor,
    labels: Tensor,
    test_features: Tensor,
    test_labels: Tensor,
    *,
    weight_decay: float = 1e-3,
) -> float:
    """Measure the accuracy, 0 to 1, of logistic regression on features [N, F] of classes [N].

    Numbers are standardised by the training features' mean and std; ``weight_decay`` times half the
    squared weights joins the mean cross-entropy, so the minimum is the only one and depends on no
    start. Tested on features [M, F]. Raises ValueError where a count does not fit.
    """
    if len(features) != len(labels) or len(test_features) != len(test_labels):
        raise ValueError(
            f"expected a label for each of {len(features)} and {len(test_features)} features, "
            f"found {len(labels)} and {len(test_labels)}"
        )
    x, test = features.double(), test_features.double()
    mean, std = x.mean(dim=0), x.std(dim=0, correction=0)
    std = torch.where(std > 0, std, 1)  # what never changes tells nothing
    x, test = (x - mean) / std, (test - mean) / std
    classes = int(max(labels.max(), test_labels.max())) + 1
    with torch.enable_grad():
        weight = torch.zeros(classes, x.shape[1], dtype=x.dtype, device=x.device)
        bias = weight[:, 0].clone().requires_grad_()
        weight.requires_grad_()
        optimizer: Optimizer = LBFGS(
            [weight, bias], max_iter=ITERATIONS, line_search_fn="strong_wolfe"
        )

        def closure() -> float:
            optimizer.zero_grad()
            loss = cross_entropy(x @ weight.T + bias, labels)
            loss = loss + 0.5 * weight_decay * weight.square().sum()
            torch.autograd.backward(loss)
            return float(loss.detach())

        optimizer.step(closure)
    found = (test @ weight.T + bias).argmax(dim=1)
    return float((found == test_labels).double().mean())
