"""Reading ahead gives the very batches, and names say what is in them."""

import threading

import tiny
import torch

from pipeline.samples import Labelled
from pipeline.training.prefetch import Feed, Prefetcher
from pipeline.training.readers import reader_of

CPU = torch.device("cpu")


def test_reading_ahead_gives_the_same_batches_each_read_once():
    reads: list[int] = []

    def read(step: int) -> int:
        reads.append(step)
        return 10 * step

    ahead = Prefetcher(read)
    assert [ahead(step) for step in (4, 5, 6)] == [40, 50, 60]
    assert ahead(2) == 20  # a jump, as a resumed run makes
    assert ahead(3) == 30
    ahead._thread.shutdown()
    assert sorted(reads) == [2, 3, 4, 4, 5, 6, 7]


def test_the_next_batch_is_read_while_this_one_is_used():
    started = threading.Event()
    ahead = Prefetcher(lambda step: started.set() if step == 1 else None)
    ahead(0)
    assert started.wait(10)
    ahead._thread.shutdown()


def test_what_reading_ahead_raises_reaches_the_step_it_belongs_to():
    ahead = Prefetcher(lambda step: 1 // (2 - step))
    assert [ahead(0), ahead(1)] == [0, 1]
    try:
        ahead(2)
    except ZeroDivisionError:
        return
    raise AssertionError


def test_names_are_those_of_the_items_that_were_read(store_of):
    for name, run in tiny.runs().items():
        run = tiny.shrink(run, batch=3, flip=False)
        if tiny.kind_of(run) == "sounds":
            continue  # chunks begin anywhere
        store = store_of(run)
        feed = Feed(reader_of(store, run.model_copy(update={"crop": None}), seed=1, device=CPU))
        for step in (0, 1, 7):
            batch, names = feed(step), feed.reader.names(step)
            samples = list(batch.x) if isinstance(batch, Labelled) else [*batch.a, *batch.b]
            assert len(names) == len(samples), name
            for sample, (domain, _, key) in zip(
                samples, (n.partition("/") for n in names), strict=True
            ):
                items = store.domain(feed.reader.split, domain)
                stored = torch.from_numpy(items.item(items.keys.index(key)).copy())[None]
                assert torch.equal(store.codec.to_sample(stored, domain)[0], sample)
