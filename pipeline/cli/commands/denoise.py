"""`crossdomain denoise`: what a reconstructor makes of noisy samples, beside a median filter."""

from pathlib import Path

from pipeline.capabilities import Reconstructor
from pipeline.cli.commands.known_data import open_store, read_known
from pipeline.cli.commands.sample import save_picture
from pipeline.codecs import ImageCodec
from pipeline.datasets.folders import PICTURES
from pipeline.errors import UserError
from pipeline.figures import grid
from pipeline.inference.finished import load, unable
from pipeline.latent.denoising import add_noise, denoising_psnr, median_filter
from pipeline.metrics.bootstrap import bootstrap_interval
from pipeline.system.files import check_folder, make_folder
from pipeline.system.hardware import device

SHOWN = 12
"""Samples of a row of the picture."""


def run(
    folder: Path,
    data: Path,
    domains: list[str],
    stds: list[float],
    out: Path | None,
    limit: int,
    seed: int,
) -> str:
    """Add noise to test pictures, and say and show what is left of it.

    Raises UserError where the model reconstructs no pictures, or the data does not suit it.
    """
    if out is not None and out.suffix.lower() not in PICTURES:
        raise UserError(f"can't write {out}: expected a name that ends in {', '.join(PICTURES)}")
    if out is not None:
        check_folder(out.parent)
    if any(std <= 0 for std in stds):
        raise UserError("--std: expected more than 0")
    finished = load(folder, device())
    model = finished.model
    if not isinstance(model, Reconstructor):
        raise unable(finished, "denoise: it does not reconstruct")
    if not isinstance(finished.codec, ImageCodec):
        raise unable(finished, "denoise pictures: it reads none")
    names = open_store(finished, data, domains)
    x = read_known(finished, data, "test", names, classes=False, limit=limit).x
    x = x.to(finished.device)
    lines = [f"PSNR in dB over {len(x)} test pictures; std of noise in units of [-1, 1]"]
    for std in stds:
        lines.append(f"std {std:g}")
        for name, values in denoising_psnr(model.reconstruct, x, std, seed).items():
            bounds = bootstrap_interval(values)
            within = "" if bounds is None else f"  ({bounds.low:.2f} to {bounds.high:.2f})"
            title = name.replace("model", finished.name).replace("_", " ")
            lines.append(f"  {title:<24}{float(values.mean()):>7.2f}{within}")
    if out is not None:
        some = x[:SHOWN]
        noisy = add_noise(x, stds[-1], seed)[:SHOWN]
        rows = [some, noisy, median_filter(noisy), model.reconstruct(noisy).detach()]
        make_folder(out.parent)
        save_picture(out, grid([row.cpu() for row in rows]))
        lines.append(f"clean, noisy (std {stds[-1]:g}), median filter, {finished.name}: {out}")
    return "\n".join(lines)
