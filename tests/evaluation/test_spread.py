"""What stands for many samples: some of all of them, whatever their order."""

import pytest
import torch

from pipeline.evaluation.data import read_samples, spread


@pytest.mark.parametrize(("count", "total"), [(1, 1), (1, 9), (3, 10), (7, 8), (200, 2001)])
def test_one_row_of_each_run_of_neighbours_stands_for_all(count, total):
    chosen = spread(count, total)
    bounds = [index * total // count for index in range(count + 1)]
    for place, start, end in zip(chosen, bounds[:-1], bounds[1:], strict=True):
        assert start <= place < end
    assert list(chosen) == list(spread(count, total))


def test_all_rows_are_kept_where_there_are_no_more():
    assert list(spread(5, 5)) == list(spread(9, 5)) == [0, 1, 2, 3, 4]


def test_rows_that_take_ten_classes_in_turns_are_of_all_classes():
    classes = {row % 10 for row in spread(200, 2000)}
    assert classes == set(range(10))


@pytest.mark.parametrize("limit", [1, 5, 1000])
def test_chunks_and_pictures_are_read_evenly(sound_store, picture_store, limit):
    for store, split, domain in ((sound_store, "train", "ann"), (picture_store, "train", "day")):
        every = read_samples(store, split, domain, width=16)
        kept = spread(limit, len(every))
        found = read_samples(store, split, domain, width=16, limit=limit, evenly=True)
        assert torch.equal(found, every[kept])
