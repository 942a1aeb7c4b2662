"""Naturalness by a network that predicts listeners' ratings of speech: DNSMOS P.835.

Reddy, Gopal and Cutler, "DNSMOS P.835: a non-intrusive perceptual objective speech quality metric
to evaluate noise suppressors", ICASSP 2022. It predicts the mean opinion score of the whole (OVRL),
1 to 5, and was trained on speech with noise and on what noise suppressors leave of it; natural
recordings get 3 to 3.5 (VCC 2016: 3.26), not 5. Loudness counts: 12 dB less cost 0.07 there, and so
did 6 dB more, which clips. The network comes with the package ``speechmos`` (MIT licence), whose
rules are kept: a clip shorter than 9.01 s is doubled until it is longer, longer ones are scored in
chunks of that length each second, and the network's raw score is mapped by a polynomial. The
package's other scores are left out.
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from pipeline.errors import UserError
from pipeline.evaluation.judges.sound import RATE, resampled
from pipeline.evaluation.weights import Weights, load_package, packaged_weights

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

SECONDS = 9.01
"""Length of what the network takes."""

OVERALL = 2
"""Index of the whole among the network's three outputs; before it speech and background."""

POLYNOMIAL = (-0.06766283, 1.11546468, 0.04602535)
"""From the network's raw score to the ratings' scale, highest power first."""


class Naturalness:
    """Predicts how natural and clean listeners would find speech."""

    name = "dnsmos"

    def __init__(self, session: "InferenceSession", weights: Weights) -> None:
        """Take the network, and where it comes from."""
        self.session, self.weights = session, weights

    @classmethod
    def load(cls) -> "Naturalness":
        """Load the installed package's network; raises UserError where it is missing."""
        weights = packaged_weights("speechmos", "dnsmos_models/sig_bak_ovr.onnx")
        onnxruntime, _ = load_package("onnxruntime", "onnxruntime", "judges")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        try:
            session = onnxruntime.InferenceSession(
                weights.path, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # whatever a damaged file makes of the reader
            raise UserError(f"can't read {weights.path}: {error}") from error
        return cls(session, weights)

    @property
    def protocol(self) -> dict[str, str | float]:
        """The network and its origin, which numbers depend on."""
        return {"judge": self.name, **self.weights.protocol}

    def score(self, wave: Tensor, rate: int) -> float:
        """Predict the overall score, 1 to 5, of one clip [samples]; louder samples than full scale
        are clipped, as in a file.

        Raises ValueError where the wave is empty or has a sample that is not finite.
        """
        chunks = chunks_of(resampled(wave, rate).clamp(-1, 1))
        (raw,) = self.session.run(None, {"input_1": chunks.numpy()})
        square, slope, offset = POLYNOMIAL
        overall = torch.from_numpy(raw[:, OVERALL]).double()
        return float((square * overall**2 + slope * overall + offset).mean())


def chunks_of(wave: Tensor) -> Tensor:
    """Cut a wave [samples] at `RATE` into chunks [N, 144160], a second apart.

    What is shorter than one is doubled until it is not. Chunks that begin at 7 to 23 s are left
    out: the package computes their ends in floating point, a sample short, and drops what is short.
    """
    length = int(SECONDS * RATE)
    while len(wave) < length:
        wave = wave.repeat(2)
    count = int(len(wave) // RATE - SECONDS) + 1  # int() rounds towards 0, so there is always one
    ends = {at: int((at + SECONDS) * RATE) for at in range(count)}
    return torch.stack(
        [wave[at * RATE : end] for at, end in ends.items() if end - at * RATE == length]
    )
