"""Read the next batch while the device works on this one."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from pipeline.codecs import ImageCodec
from pipeline.samples import Batch
from pipeline.training.augmentation import Augmentation
from pipeline.training.reader import Reader


class Feed:
    """Reads and augments the batch of any step."""

    def __init__(self, reader: Reader[Any]) -> None:
        self.reader = reader
        pictures = isinstance(reader.store.codec, ImageCodec)
        self.augment = Augmentation(reader.params, pictures=pictures)
        # On a processor a thread that reads would take from the very cores that compute.
        self.read: Callable[[int], Batch] = (
            Prefetcher(reader) if reader.device.type == "cuda" else reader
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
