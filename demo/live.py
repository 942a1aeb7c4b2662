"""The tab that converts a voice while one speaks."""

import base64
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import gradio as gr
import numpy as np
import soundfile

from demo.library import Library
from demo.uploads import check_length
from demo.voice import CLASSICAL, add_sliders, to_int16, vocoder_choices
from demo.words import shows_errors
from pipeline.codecs import SoundCodec
from pipeline.codecs.mel import Wave
from pipeline.inference.conversion import convert_wave, sound_codec_of
from pipeline.inference.effects import shift_voice
from pipeline.inference.live import BLOCK, CONTEXT, MARGIN, LiveConverter

AHEAD = 0.1  # seconds that a block waits in the browser, so that one that is late leaves no gap
MOST_COMPUTING = 120  # seconds that a visitor may have computed before others come to speak
REMEMBERED = 8  # blocks whose computing is remembered
TIGHT = 0.7  # real-time factor above which a block may come too late

DELAY = 2 * BLOCK + AHEAD
HINT = f"""Speak, and hear the converted voice. It is made of {BLOCK:g} s at a time, of which the
model hears {MARGIN:g} s more on one side and up to {CONTEXT:g} s on the other. So it comes
{DELAY:.1f} s after you, and as much later as this machine computes; how much that is is measured
while you speak. Wear headphones, or the microphone hears the result, and stop a second after your
last word. One visitor speaks at a time."""

TOO_SLOW = """**This machine is too slow for it**: a second of sound takes it {factor:.1f} s, so
part of what you say is left out. Choose another model or vocoder, leave pitch and formants at 0, or
convert a recording."""
NEARLY = """It is nearly too slow for it: where another visitor converts something too, part of what
you say may be left out."""

# Blocks follow one another to the sample, in a context that has their rate. A late one begins anew.
PLAY = f"""(block) => {{
  if (!block) return;
  const live = window.crossdomainLive ??= {{next: 0, seconds: 0}};
  if (live.context?.sampleRate !== block.rate) {{
    live.context?.close();
    live.context = new AudioContext({{sampleRate: block.rate}});
    live.next = 0;
  }}
  const bytes = Uint8Array.from(atob(block.sound), c => c.charCodeAt(0));
  const values = Float32Array.from(new Int16Array(bytes.buffer), v => v / 32768);
  const buffer = live.context.createBuffer(1, values.length, block.rate);
  buffer.copyToChannel(values, 0);
  const source = live.context.createBufferSource();
  source.buffer = buffer;
  source.connect(live.context.destination);
  const now = live.context.currentTime;
  if (live.next < now) live.next = now + {AHEAD};
  source.start(live.next);
  live.next += buffer.duration;
  live.seconds += buffer.duration;
}}"""

Block = dict[str, Any]
"""A piece for the browser to play: ``sound`` (base64 of 16 bits), its ``rate``, and a ``number``
that makes it another than the one before."""


class Choice(NamedTuple):
    """The settings of a voice; where they change, the voice begins anew."""

    translator: str
    vocoder: str
    pitch: float
    formants: float
    source_rate: int


@dataclass
class Speaking:
    """A visitor who speaks."""

    choice: Choice
    converter: LiveConverter
    computing: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    """Seconds for each of the last blocks."""
    blocks: int = 0
    piece: float = BLOCK
    """Seconds that came at a time."""

    def push(self, wave: Wave) -> Block | None:
        """Convert what was spoken since the last call; None where no block is complete."""
        self.piece, start = len(wave) / self.choice.source_rate, time.perf_counter()
        made = self.converter.push(wave)
        if len(made):
            self.computing.append(time.perf_counter() - start)
        return self.block(made)

    def block(self, wave: Wave) -> Block | None:
        """Return sound [samples] for the browser, None where there is none."""
        self.blocks += bool(len(wave))
        sound = base64.b64encode(to_int16(wave).tobytes()).decode()
        found = {"number": self.blocks, "rate": self.converter.rate, "sound": sound}
        return found if len(wave) else None

    def words(self) -> str:
        """Say the delay, what it is made of, and whether this machine is fast enough."""
        if not self.computing:
            return "Listening."
        computing = median(self.computing)
        factor, waiting = computing / BLOCK, self.converter.delay(self.piece)
        said = (
            f"**{waiting + computing + AHEAD:.1f} s after you**: {waiting:.2f} s for a block and "
            f"what the model hears after it, {computing:.2f} s computing, {AHEAD:.2f} s until it "
            f"is played; the way to this machine and back comes on top. Real-time factor "
            f"{factor:.2f}: so much of the time computing takes."
        )
        if factor > 1:
            return f"{said}\n\n{TOO_SLOW.format(factor=factor)}"
        return f"{said}\n\n{NEARLY}" if factor > TIGHT else said


def build(library: Library) -> None:
    """Add the tab's contents to the page that is being built."""
    ways = library.ways(SoundCodec)
    speaking, sound = gr.State(None), gr.JSON(visible=False)
    gr.Markdown(HINT, elem_classes="hint")
    with gr.Row(equal_height=False):
        with gr.Column():
            translator = gr.Dropdown(
                [(way.label, way.value) for way in ways], label="From whom to whom"
            )
            vocoder = gr.Dropdown(
                vocoder_choices(library, None),
                value=CLASSICAL,
                label="Vocoder",
                visible=bool(library.vocoders()),
            )
            sliders = add_sliders()
        with gr.Column():
            microphone = gr.Audio(
                sources="microphone", streaming=True, type="filepath", label="Microphone"
            )
            status = gr.Markdown(elem_classes="status")

    @shows_errors
    def speak(
        heard: str | None,
        state: Speaking | None,
        translator: str,
        vocoder: str,
        pitch: float,
        formants: float,
    ) -> tuple[Speaking | None, Any, Any]:
        """Convert what was spoken since the last call."""
        if heard is None:
            return state, gr.skip(), gr.skip()
        wave, rate = read_piece(heard)
        choice = Choice(translator, vocoder, pitch, formants, rate)
        if state is None or state.choice != choice:
            state = begin(library, choice)
        block = state.push(wave)
        return state, gr.skip() if block is None else block, state.words()

    @shows_errors
    def finish(state: Speaking | None) -> tuple[None, Any]:
        """Give out what is left when the microphone is off."""
        block = None if state is None else state.block(state.converter.flush())
        return None, gr.skip() if block is None else block

    def offer(translator: str) -> gr.Dropdown:
        choices = vocoder_choices(library, library.way(translator))
        return gr.Dropdown(choices, value=CLASSICAL, visible=len(choices) > 1)

    # Gradio forgets `stream_every` of what a tab shows only once it is chosen.
    pieces = f"() => ({{__type__: 'update', stream_every: {BLOCK}}})"
    microphone.start_recording(None, None, microphone, js=pieces, api_visibility="private")
    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    microphone.stream(
        speak,
        [microphone, speaking, translator, vocoder, *sliders],
        [speaking, sound, status],
        stream_every=BLOCK,
        time_limit=MOST_COMPUTING,
        concurrency_id="live",
        **quiet,
    )
    microphone.stop_recording(finish, speaking, [speaking, sound], concurrency_id="live", **quiet)
    sound.change(None, sound, js=PLAY, api_visibility="private")
    translator.change(offer, translator, vocoder, api_visibility="private")


def begin(library: Library, choice: Choice) -> Speaking:
    """Begin a voice: with the model loaded, and warm, so that the first block is not late.

    Raises UserError where there is no such direction, or the vocoder does not fit.
    """
    way = library.way(choice.translator)
    rate = sound_codec_of(library.outline(way.model)).convention.rate
    voice = None if choice.vocoder == CLASSICAL else library.vocoder(choice.vocoder, way)

    def convert(wave: Wave) -> Wave:
        converted = convert_wave(library.get(way.model), wave, way.to, voice, way.source)
        return shift_voice(converted, rate, choice.pitch, choice.formants)

    convert(np.zeros(round((CONTEXT + BLOCK + MARGIN) * rate), np.float32))
    return Speaking(choice, LiveConverter(convert, choice.source_rate, rate))


def read_piece(path: str) -> tuple[Wave, int]:
    """Read what the microphone heard since the last time: float32 [samples], and its rate.

    Raises ValueError where it is no sound.
    """
    check_length(Path(path))
    try:
        wave, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, RuntimeError) as error:
        raise ValueError("That is not a sound file.") from error
    return np.nan_to_num(wave.mean(axis=1)), int(rate)
