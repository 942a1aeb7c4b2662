"""The contract of a method: its parameters, networks, optimisers, and updates of one step."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, NamedTuple, Self, TypeVar

from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.optim import Optimizer

from pipeline.block import Block, Count, Side, Steps
from pipeline.methods.optimisers import EMAParams, ScheduleParams
from pipeline.models.card import Pretrained
from pipeline.nn.shapes import check_size
from pipeline.samples import Batch, DatasetSpec, Labelled, Paired, Spec

BatchT = TypeVar("BatchT", bound=Batch)


class Update(NamedTuple):
    """One optimiser step that a method asks the loop for."""

    optimizer: str
    """The optimiser that steps. Gradients reach its parameters and no others, so a frozen network
    costs nothing."""
    loss: Tensor
    """Scalar."""
    logs: dict[str, Tensor]
    """Scalars to log; the loop detaches them."""


class Losses:
    """The weighted sum of an update's losses, each logged under its name."""

    def __init__(self) -> None:
        self.logs: dict[str, Tensor] = {}
        self.total: Tensor | None = None

    def add(self, name: str, loss: Tensor, weight: float | Tensor = 1.0) -> Tensor:
        """Add ``weight`` times a scalar, log it without its weight, and return the sum so far."""
        self.logs[name] = loss
        term = loss if isinstance(weight, float) and weight == 1.0 else weight * loss
        self.total = term if self.total is None else self.total + term
        return self.total

    def log(self, **values: Tensor) -> None:
        """Log scalars that are no losses."""
        self.logs |= values

    def update(self, optimizer: str) -> Update:
        """Ask for a step of ``optimizer`` down the sum.

        Raises ValueError where nothing was added.
        """
        if self.total is None:
            raise ValueError("an update needs a loss")
        return Update(optimizer, self.total, self.logs)


class Method(nn.Module, ABC, Generic[BatchT]):
    """A way to train a model.

    ``model`` is what is exported when training ends; everything else (discriminators, pools) is
    the method's own. Methods call neither ``backward`` nor ``step`` nor ``to``.
    """

    params: "RunParams"
    model: nn.Module

    def __init__(self, params: "RunParams", model: nn.Module) -> None:
        super().__init__()
        self.params = params
        self.model = model

    @abstractmethod
    def optimizers(self) -> dict[str, Optimizer]:
        """Build the optimisers, by the names that updates use."""

    @abstractmethod
    def updates(self, batch: BatchT, step: int) -> Iterator[Update]:
        """Yield the updates of one step; what stands after a ``yield`` sees the stepped weights."""

    def beginnings(self) -> dict[str, int]:
        """Return the step at which weights of the model begin to learn, by their names in it.

        Of those alone that do so after the first step: their average begins then.
        """
        return {}

    def logits(self, x: Tensor) -> Tensor | None:
        """Show samples [N, C, H, W] to the discriminator as it is now, leaving no trace: [N].

        None where there is none that takes samples alone.
        """
        return None


class RunParams(Block, ABC):
    """The parameters that every run has, whatever its method."""

    reads: ClassVar[type[Batch]]
    """The kind of batch that the method's updates take."""
    split: ClassVar[str] = "train"
    """The split it learns from where the data set has it; else ``train``."""
    own_statistics: ClassVar[bool] = True
    """True: each domain of sound is standardised by its own mean and std; False: all by the
    first one's."""

    if TYPE_CHECKING:  # a field of some, a property of others

        @property
        def domains(self) -> tuple[str, ...]:
            """The domains of the data set that training reads."""

    data: str
    """The data set's name under ``datasets``."""
    steps: Steps
    batch: Count = 1
    """Samples a step over all processes."""
    accumulate: Count = 1
    """Parts that a step's batch is computed in, one after the other, their gradients averaged:
    a batch that memory can't hold at once. What a method keeps from one of its updates to the next
    is kept for every part; batch norm's statistics are those of a part."""
    resize: Side | None = None
    """Side that pictures are scaled to before they are cropped: 286 for crops of 256 in the
    papers."""
    crop: Side | None = None
    """Side of a random square crop (pictures), or frames of a random chunk (sound, required)."""
    flip: bool = False
    """Mirror half of the pictures left to right."""
    colour: float = Field(0.0, ge=0, le=1)
    """Strength of random brightness, saturation and contrast of pictures; not for aligned pairs,
    whose halves' colours belong together."""
    schedule: ScheduleParams = ScheduleParams()
    ema: EMAParams | None = None
    """None exports the last weights, not an average."""
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """``auto``: bf16 where the machine computes it faster than fp32."""
    deterministic: bool = False
    """On a GPU: the same weights from the same seed, bit for bit, at some cost in speed, which
    ``python -m stages.train NAME --profile`` measures. On a processor the same number
    of threads gives the same."""
    log_every: Steps = 50
    show_every: Steps | None = None
    """Steps between two previews of fixed samples, with diagnostics; None: ten previews a run, and
    more in a run of over 10,000 steps."""
    checkpoint_every: Steps = 500

    @model_validator(mode="after")
    def _keeps_pairs_true(self) -> Self:
        if self.colour and self.reads is Paired:
            raise ValueError("colour changes one half of a pair alone: leave it out")
        return self

    @model_validator(mode="after")
    def _divides_its_batch(self) -> Self:
        if self.batch % self.accumulate:
            raise ValueError(
                f"accumulate: found {self.accumulate}, allowed: what divides the batch of "
                f"{self.batch}"
            )
        return self

    @model_validator(mode="after")
    def _averages_some_steps(self) -> Self:
        if self.ema is not None and self.ema.start >= self.steps:
            raise ValueError(
                f"ema.start: found {self.ema.start}, allowed: fewer than the {self.steps} steps, "
                "or nothing would be averaged"
            )
        return self

    @property
    def batches_per_step(self) -> int:
        """Number of batches that one step reads."""
        return 1

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the factors whose values labelled batches carry; none unless a method asks."""
        return ()

    @property
    def labels_read(self) -> int | None:
        """The number of samples whose labels are read, every second of a batch's; None: all."""
        return None

    def check_factors(self, categories: Mapping[str, tuple[str, ...]]) -> None:
        """Raise ValueError where the values of a data set's factors are not those that it needs.

        ``categories``: factor -> the names of its values; () of one that is a number.
        """
        del categories

    def check_data(self, data: DatasetSpec) -> None:
        """Raise ValueError where it can't read its domains from a data set.

        ``data`` describes the whole of it, with domains that the run does not read.
        """
        for name in self.domains:
            if name not in data.specs:
                raise ValueError(f"found no domain '{name}', allowed: {', '.join(data.specs)}")
            if data.specs[name].bounded:
                self._check_pictures(data.specs[name])
            elif data.specs[name].width is None:
                self._check_sound()
            else:
                self._check_points()

    def _check_pictures(self, spec: Spec) -> None:
        side = self.resize or spec.height
        if self.crop is not None and self.crop > side:
            raise ValueError(f"pictures of {side} pixels are smaller than the crop of {self.crop}")

    def _check_sound(self) -> None:
        if self.crop is None:
            raise ValueError("sound needs 'crop', the frames of a training chunk")
        if self.flip:
            raise ValueError("flip mirrors pictures; spectrograms played backwards are no speech")
        if self.resize:
            raise ValueError("resize scales pictures; scaled spectrograms are no speech")
        if self.colour:
            raise ValueError("colour changes pictures; spectrograms have none")

    def _check_points(self) -> None:
        asked = {"crop": self.crop, "resize": self.resize, "flip": self.flip, "colour": self.colour}
        if given := [key for key, value in asked.items() if value]:
            raise ValueError(f"{given[0]} alters pictures or sound; points are read as they are")

    def sample_size(self, data: DatasetSpec) -> tuple[int, int]:
        """Return height and width of the samples that training sees of a data set's domains."""
        spec = data.specs[self.domains[0]]
        if not spec.bounded:
            return spec.height, self.crop or spec.width or 0
        side = self.crop or self.resize
        return side or spec.height, side or spec.width or 0

    def select(self, data: DatasetSpec) -> DatasetSpec:
        """Return what its networks are built from, of a data set's domains and classes.

        Labelled sound has the width of its chunks; of several domains, each is a class.
        """
        specs = {name: data.specs[name] for name in self.domains}
        if self.reads is not Labelled:
            return DatasetSpec(specs=specs, classes=data.classes)
        chunks = {
            name: spec.model_copy(update={"width": spec.width or self.crop})
            for name, spec in specs.items()
        }
        several = len(self.domains) > 1
        return DatasetSpec(specs=chunks, classes=self.domains if several else data.classes)

    def build_for(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> Method[Any]:
        """Build the method for a whole data set.

        Raises ValueError, and UserError where a file is missing, where they do not fit.
        """
        self.check_data(data)
        method = self.build(self.select(data), pretrained)
        try:
            check_size(method, *self.sample_size(data))
        except ValueError as error:
            pictures = data.specs[self.domains[0]].bounded
            keys = "crop, resize, or the data set's size" if pictures else "crop and convention"
            raise ValueError(f"{error}; their size is set by {keys}") from error
        return method

    @property
    def starts(self) -> dict[str, int]:
        """The steps at which parts of the training begin, by their keys."""
        return {}

    @abstractmethod
    def build_model(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> nn.Module:
        """Build the model that is exported, with fresh weights save for what is ``pretrained``."""

    @abstractmethod
    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> Method[Any]:
        """Build the method around a fresh model.

        Raises ValueError, and UserError where a file is missing, where the domains do not fit.
        """
