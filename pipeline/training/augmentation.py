"""Scaling, random crops, flips and colours, on the device.

Both halves of an aligned pair are treated the same.
"""

from typing import Any

from torch import Tensor

from pipeline.errors import UserError
from pipeline.methods.base import RunParams
from pipeline.nn.diffaugment import recoloured
from pipeline.samples import Batch, Labelled, Pair, Vocoded


class Augmentation:
    """What a run does to its pictures before training sees them.

    Draws from torch's global generator, which the loop seeds for each step.
    """

    def __init__(self, params: RunParams, pictures: bool) -> None:
        """``pictures`` False: sound, whose windows are cut while reading; nothing is done.

        Raises UserError where sound should be mirrored, scaled or coloured.
        """
        if params.flip and not pictures:
            raise UserError("flip mirrors pictures; spectrograms played backwards are no speech")
        if params.resize and not pictures:
            raise UserError("resize scales pictures; scaled spectrograms are no speech")
        if params.colour and not pictures:
            raise UserError("colour changes pictures; spectrograms have none")
        self.aligned = params.reads == "aligned"
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
        """The batch, augmented."""
        if isinstance(batch, Vocoded) or (self.transform is None and not self.colour):
            return batch
        if isinstance(batch, Labelled):
            return Labelled(self._alone(batch.x), batch.y)
        if self.aligned:
            return self._together(batch)
        return Pair(self._alone(batch.a), self._alone(batch.b))

    def _alone(self, x: Tensor) -> Tensor:
        y: Tensor = x if self.transform is None else self.transform({"input": x})["input"]
        if self.colour:
            y = recoloured(y, strength=self.colour)[0].clamp(-1, 1)
        return y

    def _together(self, pair: Pair) -> Pair:
        turned = self.transform({"input": pair.a, "image_b": pair.b})
        return Pair(turned["input"], turned["image_b"])
