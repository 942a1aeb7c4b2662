"""Scaling, random crops, flips and colours, on the device."""

from typing import Any

from torch import Tensor

from pipeline.errors import UserError
from pipeline.methods.adversary import AdversarialRunParams
from pipeline.methods.base import RunParams
from pipeline.nn.diffaugment import recoloured
from pipeline.samples import Batch, Labelled, Paired, Unpaired, Vocoded


class Augmentation:
    """Alters a run's pictures before training sees them.

    Draws from torch's global generator, which the loop seeds for each step.
    """

    def __init__(self, params: RunParams, pictures: bool) -> None:
        """Take ``pictures`` False for sound, whose chunks are cut while reading: nothing is done.

        Raises UserError where sound should be mirrored, scaled or coloured.
        """
        if params.flip and not pictures:
            raise UserError("flip mirrors pictures; spectrograms played backwards are no speech")
        if params.resize and not pictures:
            raise UserError("resize scales pictures; scaled spectrograms are no speech")
        if params.colour and not pictures:
            raise UserError("colour changes pictures; spectrograms have none")
        altered = params.diffaugment if isinstance(params, AdversarialRunParams) else ()
        if "colour" in altered and not pictures:
            raise UserError(
                "diffaugment: found 'colour', which spectrograms have none of, allowed of sound: "
                "'translation', 'cutout'"
            )
        self.colour = params.colour
        self.transform: Any = None
        crop = params.crop if pictures else None
        if pictures and (params.resize or crop or params.flip):
            import kornia.augmentation as K

            side = params.resize
            steps = [K.Resize((side, side), antialias=True)] if side else []
            steps += [K.RandomCrop((crop, crop))] if crop else []
            steps += [K.RandomHorizontalFlip(p=0.5)] if params.flip else []
            self.transform = K.AugmentationSequential(*steps, data_keys=None)

    def __call__(self, batch: Batch) -> Batch:
        """Return the batch, augmented; both halves of a pair alike."""
        if self.transform is None and not self.colour:
            return batch
        match batch:
            case Vocoded():
                return batch
            case Labelled():
                return batch._replace(x=self._alone(batch.x))
            case Unpaired(a, b):
                return Unpaired(self._alone(a), self._alone(b))
            case Paired(a, b):
                turned = self.transform({"input": a, "image_b": b})
                return Paired(turned["input"], turned["image_b"])

    def _alone(self, x: Tensor) -> Tensor:
        y: Tensor = x if self.transform is None else self.transform({"input": x})["input"]
        if self.colour:
            y = recoloured(y, strength=self.colour)[0].clamp(-1, 1)
        return y
