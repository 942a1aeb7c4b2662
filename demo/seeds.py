"""Seeds as visitors give them."""

import random


def seed_of(value: float | None) -> int:
    """Return a seed; raise ValueError where the visitor's is none."""
    if value is None or not 0 <= value < 2**63:
        raise ValueError("A seed is a whole number from 0 on.")
    return int(value)


def any_seed() -> int:
    """Return a seed by chance, short enough to be remembered."""
    return random.randrange(10_000)
