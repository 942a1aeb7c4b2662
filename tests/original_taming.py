"""The VQGANs of CompVis/taming-transformers and CompVis/latent-diffusion, written anew.

Their layers' names are the published ones, for they name the keys of checkpoints. The yaml's keys
are those of its configurations.
"""

import torch
from torch import Tensor, nn

CONFIG = {
    "model": {
        "base_learning_rate": 4.5e-6,
        "target": "taming.models.vqgan.VQModel",
        "params": {
            "embed_dim": 256,
            "n_embed": 1024,
            "ddconfig": {
                "double_z": False,
                "z_channels": 256,
                "resolution": 256,
                "in_channels": 3,
                "out_ch": 3,
                "ch": 128,
                "ch_mult": [1, 1, 2, 2, 4],
                "num_res_blocks": 2,
                "attn_resolutions": [16],
                "dropout": 0.0,
            },
            "lossconfig": {
                "target": "taming.modules.losses.vqperceptual.VQLPIPSWithDiscriminator",
                "params": {"disc_start": 10000, "disc_weight": 0.8, "codebook_weight": 1.0},
            },
        },
    }
}
"""What stands in the yaml beside last.ckpt."""


def norm(channels: int) -> nn.Module:
    return nn.GroupNorm(32, channels, eps=1e-6, affine=True)


def swish(x: Tensor) -> Tensor:
    return x * torch.sigmoid(x)


class ResnetBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.norm1 = norm(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, 1, 1)
        self.norm2 = norm(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1)
        if inputs != outputs:
            self.nin_shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(swish(self.norm1(x)))
        h = self.conv2(swish(self.norm2(h)))
        return (self.nin_shortcut(x) if hasattr(self, "nin_shortcut") else x) + h


class AttnBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = norm(channels)
        self.q = nn.Conv2d(channels, channels, 1)
        self.k = nn.Conv2d(channels, channels, 1)
        self.v = nn.Conv2d(channels, channels, 1)
        self.proj_out = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.norm(x)
        b, c, height, width = h.shape
        q = self.q(h).reshape(b, c, height * width).permute(0, 2, 1)
        k = self.k(h).reshape(b, c, height * width)
        w = torch.softmax(torch.bmm(q, k) * c**-0.5, dim=2).permute(0, 2, 1)
        v = self.v(h).reshape(b, c, height * width)
        return x + self.proj_out(torch.bmm(v, w).reshape(b, c, height, width))


class Downsample(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2, padding=0)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(nn.functional.pad(x, (0, 1, 0, 1), mode="constant", value=0))


class Upsample(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3))


def attention(channels: int, dd: dict) -> nn.Module:
    """``attn_type`` is of latent diffusion alone."""
    return nn.Identity() if dd.get("attn_type") == "none" else AttnBlock(channels)


def middle(channels: int, dd: dict) -> nn.Module:
    mid = nn.Module()
    mid.block_1 = ResnetBlock(channels, channels)
    mid.attn_1 = attention(channels, dd)
    mid.block_2 = ResnetBlock(channels, channels)
    return mid


class Encoder(nn.Module):
    def __init__(self, dd: dict) -> None:
        super().__init__()
        self.levels, self.blocks = len(dd["ch_mult"]), dd["num_res_blocks"]
        self.conv_in = nn.Conv2d(dd["in_channels"], dd["ch"], 3, 1, 1)
        resolution, channels = dd["resolution"], dd["ch"]
        self.down = nn.ModuleList()
        for level, times in enumerate(dd["ch_mult"]):
            down = nn.Module()
            down.block, down.attn = nn.ModuleList(), nn.ModuleList()
            for _ in range(self.blocks):
                down.block.append(ResnetBlock(channels, dd["ch"] * times))
                channels = dd["ch"] * times
                if resolution in dd["attn_resolutions"]:
                    down.attn.append(attention(channels, dd))
            if level != self.levels - 1:
                down.downsample = Downsample(channels)
                resolution //= 2
            self.down.append(down)
        self.mid = middle(channels, dd)
        self.norm_out = norm(channels)
        self.conv_out = nn.Conv2d(channels, dd["z_channels"], 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv_in(x)
        for level, down in enumerate(self.down):
            for number in range(self.blocks):
                h = down.block[number](h)
                if len(down.attn):
                    h = down.attn[number](h)
            if level != self.levels - 1:
                h = down.downsample(h)
        h = self.mid.block_2(self.mid.attn_1(self.mid.block_1(h)))
        return self.conv_out(swish(self.norm_out(h)))


class Decoder(nn.Module):
    def __init__(self, dd: dict) -> None:
        super().__init__()
        self.levels, self.blocks = len(dd["ch_mult"]), dd["num_res_blocks"]
        channels = dd["ch"] * dd["ch_mult"][-1]
        resolution = dd["resolution"] // 2 ** (self.levels - 1)
        self.conv_in = nn.Conv2d(dd["z_channels"], channels, 3, 1, 1)
        self.mid = middle(channels, dd)
        self.up = nn.ModuleList()
        for level in reversed(range(self.levels)):
            up = nn.Module()
            up.block, up.attn = nn.ModuleList(), nn.ModuleList()
            for _ in range(self.blocks + 1):
                up.block.append(ResnetBlock(channels, dd["ch"] * dd["ch_mult"][level]))
                channels = dd["ch"] * dd["ch_mult"][level]
                if resolution in dd["attn_resolutions"]:
                    up.attn.append(attention(channels, dd))
            if level != 0:
                up.upsample = Upsample(channels)
                resolution *= 2
            self.up.insert(0, up)
        self.norm_out = norm(channels)
        self.conv_out = nn.Conv2d(channels, dd["out_ch"], 3, 1, 1)

    def forward(self, z: Tensor) -> Tensor:
        h = self.conv_in(z)
        h = self.mid.block_2(self.mid.attn_1(self.mid.block_1(h)))
        for level in reversed(range(self.levels)):
            for number in range(self.blocks + 1):
                h = self.up[level].block[number](h)
                if len(self.up[level].attn):
                    h = self.up[level].attn[number](h)
            if level != 0:
                h = self.up[level].upsample(h)
        return self.conv_out(swish(self.norm_out(h)))


class OriginalVQModel(nn.Module):
    def __init__(self, config: dict) -> None:
        super().__init__()
        params = config["model"]["params"]
        dd, dim = params["ddconfig"], params["embed_dim"]
        self.encoder, self.decoder = Encoder(dd), Decoder(dd)
        self.quantize = nn.Module()
        self.quantize.embedding = nn.Embedding(params["n_embed"], dim)
        self.quant_conv = nn.Conv2d(dd["z_channels"], dim, 1)
        self.post_quant_conv = nn.Conv2d(dim, dd["z_channels"], 1)

    def encode(self, x: Tensor) -> Tensor:
        """The indices [N, h, w]."""
        z = self.quant_conv(self.encoder(x)).permute(0, 2, 3, 1)
        flat, book = z.reshape(-1, z.shape[-1]), self.quantize.embedding.weight
        distances = (flat**2).sum(1, keepdim=True) + (book**2).sum(1) - 2 * flat @ book.t()
        return distances.argmin(1).view(z.shape[:3])

    def forward(self, x: Tensor) -> Tensor:
        quantised = self.quantize.embedding(self.encode(x)).permute(0, 3, 1, 2)
        return self.decoder(self.post_quant_conv(quantised))


class OriginalGumbelVQ(OriginalVQModel):
    """Whose codes have logits; in training and after it one is drawn from them."""

    def __init__(self, config: dict) -> None:
        super().__init__(config)
        params = config["model"]["params"]
        self.quantize = nn.Module()
        self.quantize.proj = nn.Conv2d(params["ddconfig"]["z_channels"], params["n_embed"], 1)
        self.quantize.embed = nn.Embedding(params["n_embed"], params["embed_dim"])

    def logits(self, x: Tensor) -> Tensor:
        return self.quantize.proj(self.quant_conv(self.encoder(x)))

    def encode(self, x: Tensor) -> Tensor:
        """The likeliest [N, h, w]."""
        return self.logits(x).argmax(dim=1)

    def drawn(self, x: Tensor) -> Tensor:
        """The indices [N, h, w] as they come out."""
        one_hot = nn.functional.gumbel_softmax(self.logits(x), tau=1.0, dim=1, hard=True)
        return one_hot.argmax(dim=1)

    def decoded(self, codes: Tensor) -> Tensor:
        quantised = torch.einsum(
            "nkhw,kd->ndhw",
            nn.functional.one_hot(codes, len(self.quantize.embed.weight))
            .permute(0, 3, 1, 2)
            .float(),
            self.quantize.embed.weight,
        )
        return self.decoder(self.post_quant_conv(quantised))

    def forward(self, x: Tensor) -> Tensor:
        return self.decoded(self.encode(x))
