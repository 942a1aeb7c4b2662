"""python -m benchmarks.preparation [CASE ...]: our preparation against the loop that is published.

The yardstick is what public repositories do: one process, a file at a time, an array file each.
It decodes, resamples, scales and transforms with the same settings, but neither checks nor hashes
what it reads, takes no statistics (of pitch too) and can't resume; "mel analysis" is nothing but
spectrograms for both. Every turn is a process of its own, timed after its imports. "ours" is what a
user gets, who names no number of workers: they start where the rest of the work takes longer than
their start, which is two seconds, however large the set is. "warm" is with a worker a core that has
been at work, as in a large set.
Writes benchmarks/results/preparation.json.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from joblib import delayed
from rich.table import Table

from benchmarks.machine import publish
from benchmarks.turns import Turns, end_workers, in_fresh_process, summary
from pipeline.conventions import HIFI_GAN
from pipeline.datasets.folders import PictureFolderParams, SoundFolderParams
from pipeline.datasets.prepare import analyse, prepare
from pipeline.datasets.source import DatasetParams
from pipeline.datasets.writer import Analysed
from pipeline.system.workers import Workers

TURNS = 3
RECORDINGS, SECONDS, RECORDED_RATE = 120, 4, 44_100
CLIPS = 1000  # at the rate of the frames already
PICTURES, WIDTH, HEIGHT, SIZE = 300, 640, 480, 256
YARDSTICK = "plain"
WORKERS = {"ours, 1 worker": 1, "ours": None, "ours, warm": os.cpu_count()}
COMPETITORS = (YARDSTICK, *WORKERS)


def write_recordings(root: Path, rate: int, count: int) -> DatasetParams:
    """Write two speakers' WAV files: noise that comes and goes, as syllables do."""
    import soundfile

    generator = np.random.default_rng(1)
    time_axis = np.arange(SECONDS * rate) / rate
    folders = {"anna": "anna", "ben": "ben"}
    for folder in folders:
        (root / folder).mkdir()
        for number in range(count // 2):
            loudness = 0.2 * np.sin(np.pi * generator.uniform(2, 5) * time_axis) ** 2
            wave = loudness * generator.normal(size=len(time_axis))
            soundfile.write(root / folder / f"{number:04d}.wav", wave, rate)
    return SoundFolderParams(root=str(root), folders={"train": folders})


def write_pictures(root: Path) -> DatasetParams:
    """Write JPEG files of soft patches, as large as photographs of their kind."""
    from PIL import Image

    generator = np.random.default_rng(1)
    (root / "pictures").mkdir()
    for number in range(PICTURES):
        patches = generator.integers(0, 256, (HEIGHT // 16, WIDTH // 16, 3), dtype=np.uint8)
        picture = Image.fromarray(patches).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
        picture.save(root / "pictures" / f"{number:04d}.jpg", quality=90)
    return PictureFolderParams(
        root=str(root), folders={"train": {"picture": "pictures"}}, size=SIZE
    )


def plain_recordings(root: Path, out: Path) -> float:
    """Prepare recordings by librosa, file by file."""
    import librosa

    began = time.perf_counter()
    for file in sorted(root.rglob("*.wav")):
        wave, rate = librosa.load(file, sr=HIFI_GAN.rate)
        mel = librosa.feature.melspectrogram(
            y=wave,
            sr=rate,
            n_fft=HIFI_GAN.n_fft,
            hop_length=HIFI_GAN.hop,
            n_mels=HIFI_GAN.mels,
            fmin=HIFI_GAN.fmin,
            fmax=HIFI_GAN.fmax,
            power=1,
        )
        frames = np.log(np.maximum(mel, HIFI_GAN.floor)).T
        np.save(out / f"{file.parent.name}-{file.stem}.npy", frames.astype(np.float16))
    return time.perf_counter() - began


def plain_pictures(root: Path, out: Path) -> float:
    """Prepare pictures by Pillow, file by file."""
    from PIL import Image

    began = time.perf_counter()
    left, top = (WIDTH - HEIGHT) // 2, 0
    for file in sorted(root.rglob("*.jpg")):
        square = Image.open(file).convert("RGB").crop((left, top, left + HEIGHT, HEIGHT))
        resized = square.resize((SIZE, SIZE), Image.Resampling.BICUBIC)
        np.save(out / f"{file.stem}.npy", np.asarray(resized))
    return time.perf_counter() - began


def plain_analysis(root: Path, out: Path) -> float:
    """Compute librosa's mel spectrograms, file by file."""
    import librosa
    import soundfile

    began = time.perf_counter()
    for file in sorted(root.rglob("*.wav")):
        wave, rate = soundfile.read(file, dtype="float32")
        librosa.feature.melspectrogram(
            y=wave,
            sr=rate,
            n_fft=HIFI_GAN.n_fft,
            hop_length=HIFI_GAN.hop,
            n_mels=HIFI_GAN.mels,
            fmin=HIFI_GAN.fmin,
            fmax=HIFI_GAN.fmax,
            power=1,
        )
    return time.perf_counter() - began


def prepared(params: DatasetParams, out: Path, workers: int | None) -> None:
    """Run our preparation, whole."""
    prepare(params, out, workers)


def analysed(params: DatasetParams, out: Path, workers: int | None) -> None:
    """Do what preparation's workers do for clips without statistics: check, hash, spectrogram."""
    job = delayed(partial(analyse, params, keep_audio=False, learnt=False))
    domains = params.source().items["train"].values()
    jobs = [job(item) for domain in domains for item in domain]
    team: Workers[Analysed] = Workers(len(jobs), workers)
    with team:
        for found in team.results(jobs):
            assert not found.problem


Ours = Callable[[DatasetParams, Path, int | None], None]
Plain = Callable[[Path, Path], float]


class Case(NamedTuple):
    """A set of files and what is made of them."""

    write: Callable[[Path], DatasetParams]
    plain: Plain
    ours: Ours
    items: int


def timed(ours: Ours, params: DatasetParams, out: Path, workers: int | None, warm: bool) -> float:
    """Measure seconds; ``warm``: once the workers have been at work already."""
    if warm:
        ours(params, out / "before", workers)
    began = time.perf_counter()
    ours(params, out / "store", workers)
    taken = time.perf_counter() - began
    end_workers()
    return taken


CLEAN = partial(write_recordings, rate=HIFI_GAN.rate, count=CLIPS)
CASES = {
    "mel analysis": Case(CLEAN, plain_analysis, analysed, CLIPS),
    "recordings": Case(CLEAN, plain_recordings, prepared, CLIPS),
    "recordings, resampled": Case(
        partial(write_recordings, rate=RECORDED_RATE, count=RECORDINGS),
        plain_recordings,
        prepared,
        RECORDINGS,
    ),
    "pictures": Case(write_pictures, plain_pictures, prepared, PICTURES),
}


def seconds(competitor: str, case: Case, params: DatasetParams, root: Path) -> float:
    """Measure the seconds of one turn, which leaves nothing behind."""
    with tempfile.TemporaryDirectory(dir=root.parent) as folder:
        out = Path(folder)
        if competitor == YARDSTICK:
            return in_fresh_process(case.plain, root, out)
        workers, warm = WORKERS[competitor], competitor == "ours, warm"
        return in_fresh_process(timed, case.ours, params, out, workers, warm)


def measure(case: Case) -> Turns:
    """Measure items per second of every competitor in turns."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "raw"
        root.mkdir()
        params = case.write(root)
        return [
            {name: case.items / seconds(name, case, params, root) for name in COMPETITORS}
            for _ in range(TURNS)
        ]


def main(wanted: list[str]) -> None:
    """Measure the cases that are named, or all."""
    table = Table("case", "items", *COMPETITORS)
    cases = {}
    for case in wanted or CASES:
        items = CASES[case].items
        found = summary(measure(CASES[case]), YARDSTICK, "items_per_second")
        for figures in found.values():
            figures["seconds"] = items / figures["items_per_second"]
        cases[case] = {"items": items, "workers": os.cpu_count(), **found}
        cells = [f"{f['seconds']:.2f} s x{f['ratio']:.2f}" for f in found.values()]
        table.add_row(case, str(items), *cells)
    publish("preparation", table, cases)


if __name__ == "__main__":
    main(sys.argv[1:])
