"""Read the next batch while the device works on this one."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import torch

from pipeline.codecs import ImageCodec
from pipeline.datasets.store import Store
from pipeline.methods.base import RunParams
from pipeline.samples import Batch
from pipeline.training.augmentation import Augmentation
from pipeline.training.readers import reader_of


class Feed:
    """Reads and augments the batch of any step."""

    def __init__(
        self,
        store: Store,
        params: RunParams,
        *,
        seed: int,
        device: torch.device,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        """Raise UserError where the store does not hold what the run reads."""
        self.reader = reader_of(store, params, seed=seed, device=device, rank=rank, world=world)
        self.augment = Augmentation(params, pictures=isinstance(store.codec, ImageCodec))
        # On a processor a thread that reads would take from the very cores that compute.
        self.read: Callable[[int], Batch] = (
            Prefetcher(self.reader) if device.type == "cuda" else self.reader
        )

    def __call__(self, step: int) -> Batch:
        """Return the batch of ``step``; draws from torch's generator, which the loop seeds."""
        return self.augment(self.read(step))


class Prefetcher:
    """Reads the next step's batch on a thread while the device works on this one's."""

    def __init__(self, read: Callable[[int], Batch]) -> None:
        self._read = read
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="batches")
        self._step: int | None = None
        self._next: Future[Batch] | None = None

    def __call__(self, step: int) -> Batch:
        """Return the batch of ``step``, at once where the call before was for the step before."""
        ready = self._next if step == self._step else None
        batch = self._read(step) if ready is None else ready.result()
        self._step, self._next = step + 1, self._thread.submit(self._read, step + 1)
        return batch
