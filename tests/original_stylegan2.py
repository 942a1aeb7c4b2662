"""StyleGAN2-ADA's generator, computed anew from the papers' equations over a state dict.

Under the names of NVlabs/stylegan2-ada-pytorch. Each sample has a convolution of its own, of
weights that are modulated and demodulated as they stand in the paper, and each doubling puts zeros
between samples: slow, and nothing of it is shared with what is tested.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import conv2d, leaky_relu, pad

State = dict[str, Tensor]
FILTER = torch.outer(*[torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8] * 2)


def random_state(
    *,
    size: int = 16,
    channels: int = 3,
    width: int = 4,
    most: int = 12,
    dim: int = 6,
    latent: int = 5,
    layers: int = 2,
    classes: int = 0,
    seed: int = 0,
) -> State:
    """A generator whose every tensor has a say; ``width``: channels at full size."""
    draw = torch.Generator().manual_seed(seed)

    def normal(*shape: int, std: float = 1.0) -> Tensor:
        return std * torch.randn(shape, generator=draw)

    state = {"mapping.w_avg": normal(dim)}
    if classes:
        state |= {
            "mapping.embed.weight": normal(dim, classes),
            "mapping.embed.bias": normal(dim, std=0.1),
        }
    inputs = latent + (dim if classes else 0)
    for layer in range(layers):
        state[f"mapping.fc{layer}.weight"] = normal(dim, inputs, std=100)
        state[f"mapping.fc{layer}.bias"] = normal(dim, std=10)
        inputs = dim
    before = 0
    for level in range(size.bit_length() - 2):
        side = 4 * 2**level
        block, here = f"synthesis.b{side}", min(width * size // side, most)
        state[f"{block}.resample_filter"] = FILTER
        convs = {"conv1": here} if side == 4 else {"conv0": before, "conv1": here}
        if side == 4:
            state[f"{block}.const"] = normal(here, 4, 4)
        for name, into in convs.items():
            layer = f"{block}.{name}"
            state |= {
                f"{layer}.weight": normal(here, into, 3, 3),
                f"{layer}.noise_strength": normal(std=0.5),
                f"{layer}.bias": normal(here, std=0.1),
                f"{layer}.resample_filter": FILTER,
                f"{layer}.noise_const": normal(side, side),
                f"{layer}.affine.weight": normal(into, dim),
                f"{layer}.affine.bias": 1 + normal(into, std=0.1),
            }
        state |= {
            f"{block}.torgb.weight": normal(channels, here, 1, 1),
            f"{block}.torgb.bias": normal(channels, std=0.1),
            f"{block}.torgb.affine.weight": normal(here, dim),
            f"{block}.torgb.affine.bias": 1 + normal(here, std=0.1),
        }
        before = here
    return state


def map_latents(state: State, z: Tensor, labels: Tensor | None = None) -> Tensor:
    """Draws [N, Z] and classes [N] to w [N, W]: normalised, then layers at a rate of 0.01."""
    x = z / (z.square().mean(dim=1, keepdim=True) + 1e-8).sqrt()
    if labels is not None:
        weight, bias = state["mapping.embed.weight"], state["mapping.embed.bias"]
        y = weight.T[labels] / math.sqrt(weight.shape[1]) + bias
        x = torch.cat([x, y / (y.square().mean(dim=1, keepdim=True) + 1e-8).sqrt()], dim=1)
    layer = 0
    while f"mapping.fc{layer}.weight" in state:
        weight, bias = (state[f"mapping.fc{layer}.{name}"] for name in ("weight", "bias"))
        x = x @ (0.01 * weight / math.sqrt(weight.shape[1])).T + 0.01 * bias
        x = math.sqrt(2) * leaky_relu(x, 0.2)
        layer += 1
    return x


def draw(state: State, ws: Tensor, noise: bool = True) -> Tensor:
    """Styles [N, L, W], a w for each layer, to pictures [N, C, H, W], with the constant noise."""
    return torch.cat([draw_one(state, one, noise) for one in ws])


def draw_one(state: State, ws: Tensor, noise: bool) -> Tensor:
    x, at, side = state["synthesis.b4.const"][None], 0, 4
    picture = None
    while f"synthesis.b{side}.conv1.weight" in state:
        block = f"synthesis.b{side}"
        for name in ("conv0", "conv1"):
            if f"{block}.{name}.weight" in state:
                x = styled(state, f"{block}.{name}", x, ws[at], noise, doubles=name == "conv0")
                at += 1
        weight = state[f"{block}.torgb.weight"]
        style = style_of(state, f"{block}.torgb", ws[at]) / math.sqrt(weight.shape[1])
        drawn = conv2d(x, weight * style[:, None, None])
        drawn = drawn + state[f"{block}.torgb.bias"][:, None, None]
        picture = drawn if picture is None else filtered(zeros_between(picture), (2, 1)) + drawn
        side *= 2
    return picture


def style_of(state: State, layer: str, w: Tensor) -> Tensor:
    weight = state[f"{layer}.affine.weight"]
    return weight @ w / math.sqrt(len(w)) + state[f"{layer}.affine.bias"]


def styled(state: State, layer: str, x: Tensor, w: Tensor, noise: bool, doubles: bool) -> Tensor:
    weight = state[f"{layer}.weight"] * style_of(state, layer, w)[:, None, None]
    weight = weight / (weight.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
    if doubles:  # a true convolution, whose kernel is turned, before the filter
        spread = pad(zeros_between(x), (2, 1, 2, 1))
        x = filtered(conv2d(pad(spread, (0, 1, 0, 1)), weight.flip(2, 3)), (1, 1))
        x = x[:, :, : spread.shape[2] - 3, : spread.shape[3] - 3]
    else:
        x = conv2d(x, weight, padding=1)
    if noise:
        x = x + state[f"{layer}.noise_const"] * state[f"{layer}.noise_strength"]
    x = x + state[f"{layer}.bias"][:, None, None]
    return (math.sqrt(2) * leaky_relu(x, 0.2)).clamp(-256, 256)


def zeros_between(x: Tensor) -> Tensor:
    y = x.new_zeros(*x.shape[:2], 2 * x.shape[2], 2 * x.shape[3])
    y[:, :, ::2, ::2] = x
    return y


def filtered(x: Tensor, padding: tuple[int, int]) -> Tensor:
    """Each channel of what has zeros between, of four times the filter's gain."""
    maps = x.flatten(0, 1)[:, None]
    return conv2d(pad(maps, (*padding, *padding)), 4 * FILTER[None, None]).view(
        *x.shape[:2], *(side + sum(padding) - 3 for side in x.shape[2:])
    )
