"""AdaIN-VC: what is said and who says it, taken apart and put together again (Chou et al. 2019)."""

from torch import Tensor, nn

from pipeline.backbones.adain_vc import ContentEncoder, Decoder, SpeakerEncoder
from pipeline.capabilities import OneShot
from pipeline.nn.class_means import ClassMeans


class AdaINVCModel(nn.Module, OneShot):
    """Content encoder, speaker encoder and decoder, and the embeddings of the speakers it knows.

    Samples are [N, 1, C, T], with features C as channels of convolutions along time T.
    """

    def __init__(
        self,
        content: ContentEncoder,
        speaker: SpeakerEncoder,
        decoder: Decoder,
        directions: dict[str, tuple[str, ...]],
        *,
        embedding: int,
        multiple: int,
        chunk: int | None = None,
    ) -> None:
        """Take the three networks.

        Args:
            content: [N, C, T] -> means of the content codes.
            speaker: [N, C, T] -> embeddings [N, embedding].
            decoder: codes and embeddings -> [N, C, T].
            directions: target -> sources. Targets, in their order, are the known speakers.
            embedding: numbers of an embedding.
            multiple: T must divide by this.
            chunk: frames that sound is best converted in at a time; None: all.
        """
        super().__init__()
        self.content, self.speaker, self.decoder = content, speaker, decoder
        self.directions, self.chunk = directions, chunk
        self.multiple = (1, multiple)
        self.known = ClassMeans(len(directions), embedding)
        self.numbers = {name: number for number, name in enumerate(directions)}

    def encode_content(self, x: Tensor) -> Tensor:
        """Encode samples [N, 1, C, T] to the means of their content codes, [N, L, t] float32."""
        y: Tensor = self.content(x.squeeze(1))
        return y

    def embed(self, x: Tensor) -> Tensor:
        """Embed samples [N, 1, C, T] by their speakers: [N, Z] float32."""
        y: Tensor = self.speaker(x.squeeze(1))
        return y

    def decode(self, code: Tensor, embedding: Tensor) -> Tensor:
        """Decode content codes [N, L, t] in the voices of embeddings [N, Z]: [N, 1, C, T]."""
        y: Tensor = self.decoder(code, embedding)
        return y.unsqueeze(1)

    def remember(self, x: Tensor, labels: Tensor) -> None:
        """Take samples of known speakers, by their numbers [N], into their embeddings."""
        self.known.observe(self.embed(x), labels)

    def translate(self, x: Tensor, to: str) -> Tensor:
        """Translate samples [N, 1, C, T] of any speaker to samples of ``to``."""
        return self.translate_as(x, self.known.mean[self.numbers[to]])

    def translate_as(self, x: Tensor, embedding: Tensor) -> Tensor:
        """Translate samples [N, 1, C, T] of any speaker to those of an embedding [Z]."""
        # Not len(x): a number, which would hold for every batch of an export.
        return self.decode(self.encode_content(x), embedding.expand(x.shape[0], -1))
