"""Holding items out for testing, where a data set has no test set of its own."""

import hashlib
from collections.abc import Iterable, Mapping

from pipeline.datasets.source import Item
from pipeline.errors import UserError

Domains = dict[str, list[Item]]


def hold_out(domains: Domains, share: float, seed: int) -> tuple[Domains, Domains]:
    """Split items into those to train with and those to test with, by `held_out`."""
    held = held_out({name: [i.key for i in items] for name, items in domains.items()}, share, seed)
    return (
        {name: [i for i in items if i.key not in held] for name, items in domains.items()},
        {name: [i for i in items if i.key in held] for name, items in domains.items()},
    )


def held_out(names: Mapping[str, Iterable[str]], share: float, seed: int) -> set[str]:
    """Choose the keys to test with, of the keys of each domain.

    A key is held out where its hash is below ``share``, so that it stays on its side whatever files
    come and go, and aligned items stay together. Only where that leaves a domain nothing to train
    or nothing to test with is one key moved, the one nearest to the other side. Raises UserError
    where a domain has fewer than two different keys.
    """
    places = {
        domain: sorted(set(keys), key=lambda key: place(key, seed))
        for domain, keys in names.items()
    }
    held = {key for keys in places.values() for key in keys if place(key, seed) < share}
    for keys in places.values():
        if keys and held.isdisjoint(keys):
            held.add(keys[0])
    for keys in places.values():
        if keys and held.issuperset(keys):
            held.remove(keys[-1])
    for domain, keys in places.items():
        if len(keys) < 2 or held.isdisjoint(keys):
            raise UserError(
                f"holdout: {len(keys)} item(s) of domain '{domain}' are too few to hold one out "
                "for testing; add some, or set holdout to 0"
            )
    return held


def place(key: str, seed: int) -> float:
    """Return where a key lies in [0, 1), evenly, by nothing but itself and the seed."""
    digest = hashlib.sha256(f"{seed}\n{key}".encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48
