"""Speech without recordings: the espeak-ng synthesiser, called through ctypes.

The library and its data come with the pip package ``espeakng-loader``; nothing is installed
system-wide. The synthesiser keeps state between utterances and draws random numbers for flutter
and breath, so its output depends on all it has said before. To make an utterance a function of
(sentence, voice) alone, each one is spoken in a child forked from the freshly initialised library,
with the random numbers seeded in the child. Forking a process that holds torch's thread pools is
unsafe; therefore all of this happens in a subprocess that imports neither torch nor anything
that does.
"""

import ctypes
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from pipeline.errors import UserError

SAMPLE_RATE = 22_050
"""Samples a second of everything that this module returns."""

_SEED = 1
_EXIT_USER_ERROR = 2
_SECONDS_TO_START = 60
_SECONDS_PER_SENTENCE = 10

# From espeak-ng's speak_lib.h (version 1.52).
_AUDIO_OUTPUT_SYNCHRONOUS = 2
_INITIALIZE_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1
_RATE, _VOLUME, _PITCH, _RANGE = 1, 2, 3, 4
_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


@dataclass(frozen=True)
class Voice:
    """The voice of a synthetic speaker.

    Args:
        name: what people call the speaker.
        espeak: espeak-ng's language, and after a ``+`` the variant that sets formants, voicing
            and base pitch: ``"en-us+m3"``. Variants with breath in them (f2, f3, f5, whisper)
            suit no vocoder.
        pitch: 0 to 99; 50 leaves the variant's own base pitch, each 50 steps are about an octave.
        pitch_range: 0 (monotone) to 100 (lively); 50 is the variant's own.
        speed: words a minute, 80 to 450.

    Raises:
        ValueError: a number is out of its range.
    """

    name: str
    espeak: str
    pitch: int = 50
    pitch_range: int = 50
    speed: int = 165

    def __post_init__(self) -> None:
        for field, low, high in (("pitch", 0, 99), ("pitch_range", 0, 100), ("speed", 80, 450)):
            value = getattr(self, field)
            if not low <= value <= high:
                raise ValueError(f"{field} of voice {self.name!r} is {value}, not {low} to {high}")


def synthesise(sentences: Sequence[str], voice: Voice) -> list[np.ndarray]:
    """Speak each sentence; the same arguments give the same samples, whatever came before.

    Args:
        sentences: English text, one utterance each.
        voice: who speaks.

    Returns:
        One array a sentence: mono, float32 in [-1, 1), 22,050 Hz, silence at the ends included.

    Raises:
        UserError: the voice is unknown, a sentence has nothing to say, or this system lacks
            espeak-ng or ``fork``.
        RuntimeError: the synthesiser failed; the message is the child's.
    """
    if not sentences:
        return []
    request = json.dumps({"voice": asdict(voice), "sentences": list(sentences)})
    with tempfile.TemporaryDirectory(prefix="espeak-") as folder:
        answer = Path(folder) / "speech.npz"
        _run_worker(request, answer, _SECONDS_TO_START + _SECONDS_PER_SENTENCE * len(sentences))
        with np.load(answer, allow_pickle=False) as arrays:
            spoken, lengths = arrays["samples"], arrays["lengths"]
    # int16 by a power of two: exact in float32, and full scale maps into [-1, 1).
    pieces = np.split(spoken.astype(np.float32) / 32_768, np.cumsum(lengths)[:-1])
    return [np.ascontiguousarray(piece) for piece in pieces]


def _run_worker(request: str, answer: Path, timeout: float) -> None:
    command = [sys.executable, "-m", "pipeline.datasets.espeak", str(answer)]
    # The folder that holds the package, so that `-m` finds it whatever the caller's folder is.
    home = Path(__file__).resolve().parents[2]
    try:
        done = subprocess.run(
            command, input=request.encode(), capture_output=True, cwd=home, timeout=timeout
        )
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"espeak-ng gave no answer within {timeout:.0f} s") from error
    message = done.stderr.decode(errors="replace").strip()
    if done.returncode == _EXIT_USER_ERROR:
        raise UserError(message)
    if done.returncode != 0:
        raise RuntimeError(f"espeak-ng failed with exit code {done.returncode}: {message}")


# What follows runs in the subprocess.


def _load(voice: Voice) -> ctypes.CDLL:
    """Return the library, initialised and set to the voice."""
    try:
        import espeakng_loader
    except ImportError as error:
        raise UserError("synthetic speech needs the package espeakng-loader") from error
    data = Path(espeakng_loader.get_data_path())
    try:
        library = ctypes.CDLL(espeakng_loader.get_library_path())
    except OSError as error:
        raise UserError(f"espeak-ng does not load on this system: {error}") from error
    # The library keeps its data folder in a buffer of 160 bytes; a relative path always fits.
    os.chdir(data.parent)
    rate = library.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, 0, b".", _INITIALIZE_DONT_EXIT)
    if rate != SAMPLE_RATE:
        raise RuntimeError(f"espeak_Initialize with {data} returned {rate}, not {SAMPLE_RATE}")
    _set_voice(library, voice, data)
    return library


def _set_voice(library: ctypes.CDLL, voice: Voice, data: Path) -> None:
    _, plus, variant = voice.espeak.partition("+")
    # The library takes an unknown variant without a word and speaks with the plain voice.
    known = not plus or (data / "voices" / "!v" / variant).is_file()
    if not known or library.espeak_SetVoiceByName(voice.espeak.encode()) != 0:
        raise UserError(f"espeak-ng has no voice {voice.espeak!r}")
    settings = {_RATE: voice.speed, _VOLUME: 100, _PITCH: voice.pitch, _RANGE: voice.pitch_range}
    for parameter, value in settings.items():
        if library.espeak_SetParameter(parameter, value, 0) != 0:
            raise RuntimeError(f"espeak_SetParameter({parameter}, {value}) failed")


def _speak(library: ctypes.CDLL, sentence: str) -> bytes:
    """Return one utterance as int16 samples; changes the library's state, so call it in a child."""
    samples = bytearray()

    def collect(wave: "ctypes._Pointer[ctypes.c_short]", count: int, _events: int) -> int:
        if wave and count > 0:
            samples.extend(ctypes.string_at(wave, 2 * count))
        return 0

    callback = _Callback(collect)
    library.espeak_SetSynthCallback(callback)
    library.espeak_ng_SetRandSeed(ctypes.c_long(_SEED))
    text = sentence.encode()
    status = library.espeak_Synth(
        text, ctypes.c_size_t(len(text) + 1), 0, 0, 0, _CHARS_UTF8, None, None
    )
    if status != 0 or library.espeak_Synchronize() != 0:
        raise RuntimeError(f"espeak_Synth returned {status} for {sentence!r}")
    return bytes(samples)


def _speak_in_child(library: ctypes.CDLL, sentence: str) -> bytes:
    """Fork, speak in the child, read the samples over a pipe until the child closes it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reading)
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(_speak(library, sentence))
            status = 0
        except BaseException as error:
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
        finally:
            # Leave without the parent's clean-up: its buffers and files are not the child's.
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        samples = pipe.read()
    _, status = os.waitpid(child, 0)
    if status != 0:
        code = os.waitstatus_to_exitcode(status)
        raise RuntimeError(f"the child that spoke {sentence!r} ended with {code}")
    if not any(samples):
        raise UserError(f"espeak-ng has nothing to say for {sentence!r}")
    return samples


def _work(request: str, answer: Path) -> None:
    if not hasattr(os, "fork"):
        raise UserError("synthetic speech needs a system with fork: Linux, macOS or WSL")
    asked = json.loads(request)
    library = _load(Voice(**asked["voice"]))
    spoken = [
        np.frombuffer(_speak_in_child(library, sentence), dtype=np.int16)
        for sentence in asked["sentences"]
    ]
    lengths = np.array([len(samples) for samples in spoken], dtype=np.int64)
    np.savez(answer, samples=np.concatenate(spoken), lengths=lengths)


def main(arguments: Sequence[str]) -> int:
    """Run ``python -m pipeline.datasets.espeak ANSWER.npz``, with the request as json on stdin."""
    try:
        _work(sys.stdin.buffer.read().decode(), Path(arguments[0]).resolve())
    except UserError as error:
        print(error, file=sys.stderr)
        return _EXIT_USER_ERROR
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
