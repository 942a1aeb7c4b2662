"""Scaling, random crops, flips and colours, on the device."""

from typing import Any

from torch import Tensor

from pipeline.methods.base import RunParams
from pipeline.nn.diffaugment import recoloured
from pipeline.samples import Batch, Labelled, Paired, Unpaired, Vocoded


class Augmentation:
    """Alters a run's pictures before training sees them.

    Draws from torch's global generator, which the loop seeds for each step.
    """

    def __init__(self, params: RunParams, pictures: bool) -> None:
        """Do nothing where ``pictures`` is False: chunks of sound are cut while reading."""
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
