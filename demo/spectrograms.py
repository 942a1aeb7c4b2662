"""Two recordings as one picture: their spectrograms, and how their pitch runs."""

import gc
import io

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from pipeline.codecs.image import Picture
from pipeline.codecs.mel import Wave
from pipeline.codecs.pitch import f0_track
from pipeline.codecs.spectrogram import log_mel
from pipeline.conventions import MelConvention

INCHES = 5.2, 5.6  # small, so that words stay legible on a telephone
DOTS = 150  # an inch
COLOURS = "#64748b", "#0d9488"
LOWEST, HIGHEST = 60.0, 500.0  # Hz: from a deep man's voice to a child's
TICKS = (75, 100, 150, 200, 300, 450)  # Hz


def draw_spectrograms(waves: dict[str, Wave], convention: MelConvention) -> Picture:
    """Draw source and result by name, waves [samples] -> uint8 [H, W, 3].

    Without pyplot, whose figures belong to the whole process and are not for threads.
    """
    figure = Figure(INCHES, DOTS, layout="constrained")
    axes = figure.subplots(len(waves) + 1, 1, sharex=True)
    for axis, (name, wave) in zip(axes, waves.items(), strict=False):
        draw_mel(axis, name, wave, convention)
    draw_pitch(axes[-1], waves, convention)
    axes[-1].set_xlim(0, max(map(len, waves.values())) / convention.rate)
    axes[-1].set_xlabel("seconds", fontsize=9)
    content = io.BytesIO()
    figure.savefig(content, format="png")
    figure.clear()
    del figure, axes
    gc.collect()  # its parts refer to each other: megabytes that would wait for Python's own round
    return np.asarray(Image.open(content).convert("RGB"))


def draw_mel(axis: Axes, name: str, wave: Wave, convention: MelConvention) -> None:
    """Draw the log-mel spectrogram of one wave."""
    mel = log_mel(torch.from_numpy(wave), convention)
    seconds = mel.shape[1] * convention.hop / convention.rate
    extent = (0, seconds, 0, convention.mels)
    axis.imshow(mel.numpy(), origin="lower", aspect="auto", cmap="magma", extent=extent)
    axis.set_title(name, fontsize=10, loc="left")
    axis.set_ylabel("mel band", fontsize=9)
    axis.tick_params(labelsize=8)


def draw_pitch(axis: Axes, waves: dict[str, Wave], convention: MelConvention) -> None:
    """Draw the pitch of all waves over each other, on a scale where octaves are equally far."""
    for (name, wave), colour in zip(waves.items(), COLOURS, strict=True):
        track = f0_track(torch.from_numpy(wave), convention).numpy()
        seconds = (np.arange(len(track)) + 0.5) * convention.hop / convention.rate
        voiced = np.where(track > 0, track, np.nan)  # gaps in the line
        axis.plot(seconds, voiced, color=colour, lw=1.8, label=name)
    axis.set_yscale("log")
    axis.set_ylim(LOWEST, HIGHEST)
    axis.set_yticks(TICKS, [str(tick) for tick in TICKS])
    axis.set_yticks([], minor=True)
    axis.set_title("Pitch", fontsize=10, loc="left")
    axis.set_ylabel("Hz", fontsize=9)
    axis.tick_params(labelsize=8)
    axis.grid(color="#e2e8f0", lw=0.6)
    axis.legend(fontsize=8, loc="upper right", framealpha=0.8)
