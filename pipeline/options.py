"""Options of finished models, declared once: the command line and the demo offer them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Option:
    """A number that says how results are made: command-line flag, slider and keyword at once."""

    name: str
    """The keyword of the function that takes it: `Sampler.sample`, or `shift_voice`."""
    least: float
    most: float
    neutral: float
    """The value that changes nothing."""
    step: float
    help: str

    @property
    def whole(self) -> bool:
        """True: it takes whole numbers alone."""
        return self.step % 1 == 0


TEMPERATURE = Option(
    "temperature",
    0.1,
    2.0,
    1.0,
    0.05,
    "Divides the logits that codes are drawn from: less varied below 1.",
)
TOP_K = Option("top_k", 0, 1024, 0, 1, "Draws from so many codes, the likeliest; 0: from all.")
TOP_P = Option(
    "top_p",
    0.05,
    1.0,
    1.0,
    0.05,
    "Draws from the fewest codes that reach this probability together.",
)
TRUNCATION = Option(
    "truncation",
    0,
    3,
    0,
    0.05,
    "Draws the latent's numbers from a normal distribution that ends at this on both sides: the "
    "less, the more typical and the less varied samples are (BigGAN). 0: it does not end.",
)
PSI = Option(
    "psi",
    0.0,
    1.0,
    1.0,
    0.05,
    "Truncation in W: samples keep so much of their way from the mean style. Below 1 more typical "
    "and less varied, at 0 all alike.",
)
NOISE = Option(
    "noise",
    0,
    2,
    1,
    1,
    "Noise inputs, which make details: 0 none, 1 drawn anew for each sample, 2 the model's own "
    "maps for all.",
)
SAMPLING_OPTIONS: tuple[Option, ...] = (
    TEMPERATURE,
    TOP_K,
    TOP_P,
    TRUNCATION,
    PSI,
    NOISE,
)
"""Every option that the sampler of any model takes, in the order in which they are shown."""

PITCH = Option(
    "pitch",
    -12,
    12,
    0,
    0.1,
    "Semitones that the converted voice's pitch (F0) is moved by, 12 to an octave; its formants "
    "stay. 0 changes nothing.",
)
FORMANTS = Option(
    "formants",
    -12,
    12,
    0,
    0.1,
    "Semitones that the converted voice's formants are moved by: above 0 as of a shorter vocal "
    "tract, below as of a longer one; its pitch stays. 0 changes nothing.",
)
VOICE_OPTIONS: tuple[Option, ...] = (PITCH, FORMANTS)
"""Options of a converted voice, whatever made it: see `shift_voice`."""
