"""BigGAN's generator, computed anew from the paper's equations over a state dict.

Under the names of ajbrock/BigGAN-PyTorch. Each sample goes through alone, attention is a sum over
places, and norms are written out: slow, and nothing of it is shared with what is tested.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import conv2d

State = dict[str, Tensor]


def random_state(
    *,
    widths: tuple[int, ...] = (16, 8),
    attention: tuple[int, ...] = (8,),
    channels: int = 3,
    classes: int = 4,
    shared: int = 5,
    part: int = 2,
    spectral: bool = True,
    mybn: bool = False,
    counter: float = 0.0,
    seed: int = 0,
) -> State:
    """A generator whose every tensor has a say, of blocks that end in ``widths``; it attends at
    these heights. ``counter``: of standing statistics, which are sums then."""
    draw = torch.Generator().manual_seed(seed)
    state: State = {}

    def normal(*shape: int, std: float = 1.0) -> Tensor:
        return std * torch.randn(shape, generator=draw)

    def layer(name: str, *shape: int, bias: bool = True) -> None:
        inputs = math.prod(shape[1:])
        state[f"{name}.weight"] = normal(*shape, std=inputs**-0.5)
        if bias:
            state[f"{name}.bias"] = normal(shape[0], std=0.3)
        if spectral:
            state[f"{name}.u0"] = normal(1, shape[0])
            state[f"{name}.sv0"] = torch.ones(1)

    def statistics(name: str, count: int) -> None:
        name = f"{name}.bn" if mybn else name
        times = counter or 1.0
        state[f"{name}.stored_mean"] = times * normal(count, std=0.3)
        state[f"{name}.stored_var"] = times * (0.5 + normal(count).square())
        if mybn:
            state[f"{name}.accumulation_counter"] = torch.tensor([counter])

    state["shared.weight"] = normal(classes, shared)
    layer("linear", widths[0] * 16, part)
    before = widths[0]
    for level, width in enumerate(widths):
        block = f"blocks.{level}.0"
        layer(f"{block}.conv1", width, before, 3, 3)
        layer(f"{block}.conv2", width, width, 3, 3)
        layer(f"{block}.conv_sc", width, before, 1, 1)
        for name, count in (("bn1", before), ("bn2", width)):
            layer(f"{block}.{name}.gain", count, shared + part, bias=False)
            layer(f"{block}.{name}.bias", count, shared + part, bias=False)
            statistics(f"{block}.{name}", count)
        if 8 * 2**level in attention:
            block = f"blocks.{level}.1"
            for name, shape in {
                "theta": (width // 8, width),
                "phi": (width // 8, width),
                "g": (width // 2, width),
                "o": (width, width // 2),
            }.items():
                layer(f"{block}.{name}", *shape, 1, 1, bias=False)
            state[f"{block}.gamma"] = torch.tensor(0.7)
        before = width
    state["output_layer.0.gain"] = 0.3 + normal(before, std=0.1)  # so that tanh lets all be seen
    state["output_layer.0.bias"] = normal(before, std=0.3)
    statistics("output_layer.0", before)
    layer("output_layer.2", channels, before, 3, 3)
    return state


def draw_pictures(state: State, z: Tensor, labels: Tensor) -> Tensor:
    """Draws [N, Z] of classes [N] to pictures [N, C, H, W]."""
    return torch.cat([draw_one(state, *pair) for pair in zip(z, labels, strict=True)])


def draw_one(state: State, z: Tensor, label: Tensor) -> Tensor:
    first = normed(state, "linear")
    part = first.shape[1]
    x = first @ z[:part] + state["linear.bias"]
    x = x.view(1, -1, 4, 4)
    level = 0
    while f"blocks.{level}.0.conv1.weight" in state:
        chunk = z[(level + 1) * part : (level + 2) * part]
        x = block(state, f"blocks.{level}.0", x, torch.cat([state["shared.weight"][label], chunk]))
        if f"blocks.{level}.1.gamma" in state:
            x = attended(state, f"blocks.{level}.1", x)
        level += 1
    gain, bias = (state[f"output_layer.0.{name}"] for name in ("gain", "bias"))
    x = standardised(state, "output_layer.0", x) * column(gain) + column(bias)
    return torch.tanh(convolved(state, "output_layer.2", x.relu()))


def block(state: State, name: str, x: Tensor, condition: Tensor) -> Tensor:
    y = doubled(conditioned(state, f"{name}.bn1", x, condition).relu())
    y = convolved(state, f"{name}.conv1", y)
    y = convolved(state, f"{name}.conv2", conditioned(state, f"{name}.bn2", y, condition).relu())
    return y + convolved(state, f"{name}.conv_sc", doubled(x))


def conditioned(state: State, name: str, x: Tensor, condition: Tensor) -> Tensor:
    gain, bias = (normed(state, f"{name}.{part}") @ condition for part in ("gain", "bias"))
    return standardised(state, name, x) * column(1 + gain) + column(bias)


def standardised(state: State, name: str, x: Tensor) -> Tensor:
    name = f"{name}.bn" if f"{name}.bn.stored_mean" in state else name
    mean, variance = state[f"{name}.stored_mean"], state[f"{name}.stored_var"]
    count = state.get(f"{name}.accumulation_counter", torch.zeros(1))
    if count > 0:
        mean, variance = mean / count, variance / count
    return (x - column(mean)) / column((variance + 1e-5).sqrt())


def attended(state: State, name: str, x: Tensor) -> Tensor:
    """x + gamma o(sum over places j of the halved map of softmax_j(theta_i . phi_j) g_j)."""
    theta, phi, g = (convolved(state, f"{name}.{part}", x)[0] for part in ("theta", "phi", "g"))
    phi, g = (y.unfold(1, 2, 2).unfold(2, 2, 2).amax((3, 4)).flatten(1) for y in (phi, g))
    seen = torch.zeros(len(g), *x.shape[2:])
    for row in range(x.shape[2]):
        for at in range(x.shape[3]):
            seen[:, row, at] = g @ (theta[:, row, at] @ phi).softmax(dim=0)
    return x + state[f"{name}.gamma"] * convolved(state, f"{name}.o", seen[None])


def convolved(state: State, name: str, x: Tensor) -> Tensor:
    weight = normed(state, name)
    return conv2d(x, weight, state.get(f"{name}.bias"), padding=weight.shape[2] // 2)


def normed(state: State, name: str) -> Tensor:
    """A weight over the singular value that one power iteration from u finds."""
    weight = state[f"{name}.weight"]
    if f"{name}.u0" not in state:
        return weight
    matrix = weight.reshape(len(weight), -1)
    v = matrix.T @ state[f"{name}.u0"][0]
    v = v / v.norm()
    u = matrix @ v
    return weight / (u / u.norm() @ matrix @ v)


def doubled(x: Tensor) -> Tensor:
    return x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)


def column(values: Tensor) -> Tensor:
    return values[:, None, None]
