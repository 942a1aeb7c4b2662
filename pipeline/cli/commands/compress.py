"""`crossdomain compress`: bits and distortion of a model's codes, beside JPEG and WebP."""

from pathlib import Path

from pipeline.capabilities import Latent, Tokenizer
from pipeline.cli.commands.known_data import open_store, read_known
from pipeline.codecs import ImageCodec
from pipeline.errors import UserError
from pipeline.inference.finished import load, unable
from pipeline.latent.compression import Rate, file_rate, latent_rates, token_rates
from pipeline.latent.principal import fit_principal
from pipeline.system.hardware import device


def run(folder: Path, data: Path, domains: list[str], steps: list[float], limit: int) -> str:
    """Compress test pictures by a model's codes, and by JPEG and WebP to as many bits.

    Frequencies of codes are counted on training pictures. Beside the numbers of an encoder stand
    as many principal components, rounded alike. Raises UserError where the model encodes no
    pictures, or the data does not suit it.
    """
    finished = load(folder, device())
    model = finished.model
    if not isinstance(model, Latent | Tokenizer):
        raise unable(finished, "compress: it neither encodes nor writes codes")
    if not isinstance(finished.codec, ImageCodec):
        raise unable(finished, "be compared with JPEG: it reads no pictures")
    if finished.codec.channels[next(iter(finished.card.data.specs))] not in (1, 3):
        raise unable(finished, "be compared with JPEG, whose pictures have 1 or 3 channels")
    if any(step <= 0 for step in steps):
        raise UserError("--step: expected more than 0")
    names = open_store(finished, data, domains)
    learnt, x = (
        read_known(finished, data, split, names, classes=False, limit=limit).x.to(finished.device)
        for split in ("train", "test")
    )
    linear: list[Rate] = []
    if isinstance(model, Tokenizer):
        own = token_rates(model, x, learnt)
    else:
        own = latent_rates(model.encode, model.decode, x, learnt, steps)
        coder = fit_principal(learnt, model.encode(learnt[:1]).shape[1])
        linear = latent_rates(coder.encode, coder.decode, x, learnt, steps, "components")
    lines = [
        f"{len(x)} test pictures of {x.shape[3]}x{x.shape[2]} pixels; frequencies of codes from "
        f"{len(learnt)} training pictures",
        f"{'':<32}bits/pixel   PSNR, dB",
    ]
    for at, rate in enumerate(own):
        lines.append(line(rate))
        lines += [line(linear[at])] if linear else []
        lines += ["  " + line(file_rate(x, kind, rate.bits), 30) for kind in ("JPEG", "WEBP")]
    lines.append(
        "Neither the network nor the tables of frequencies count. JPEG and WebP compress all "
        "pictures on one sheet, by the best quality that takes no more bits, or the lowest."
    )
    return "\n".join(lines)


def line(rate: Rate, width: int = 32) -> str:
    """Write a rate as a row."""
    return f"{rate.name:<{width}}{rate.bits:>10.3f}  {rate.psnr:>9.2f}"
