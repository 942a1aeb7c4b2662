"""Names that are meant to be equal and are not quite."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection
from itertools import takewhile

MEANT = 0.9
"""The share of names in common from which numbers with other words around them are no chance."""


def near_pairs(a: Collection[str], b: Collection[str]) -> list[tuple[str, str]]:
    """Pair the names of two domains that are alike, leaving out those that are equal.

    Alike are names of one text in another Unicode form, in another case, with other marks between
    words, or but for what all names of a domain begin and end with, as in 001_rgb and 001_mask.
    Names that are alike within one domain are left out: nobody knows which is meant.
    """
    alone_a, alone_b = set(a) - set(b), set(b) - set(a)
    fewer = min(len(alone_a), len(alone_b))
    for plain, share in ((folded, 0.0), (bare, MEANT)):
        ones, others = plain(alone_a), plain(alone_b)
        common = ones.keys() & others.keys()
        if common and len(common) >= share * fewer:
            return sorted((ones[name], others[name]) for name in common)
    return []


def folded(names: Collection[str]) -> dict[str, str]:
    """Map what is left of names without their case, Unicode form and marks to the names."""
    return unambiguous({name: fold(name) for name in names})


def bare(names: Collection[str]) -> dict[str, str]:
    """Map what is left of folded names without their common beginning and end to the names.

    Digits are no part of these: 101 and 102 differ in more than their last digit.
    """
    plain = {name: fold(name) for name in names}
    if len(plain) < 2:
        return {}
    texts = list(plain.values())
    start, end = beginning(texts), beginning([text[::-1] for text in texts])
    return unambiguous(
        {name: text[len(start) : len(text) - len(end)].strip("_") for name, text in plain.items()}
    )


def beginning(texts: list[str]) -> str:
    """Return what all texts begin with, without the digits at its end."""
    first, last = min(texts), max(texts)
    same = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return re.sub(r"\d+$", "", "".join(letter for letter, _ in same))


def fold(name: str) -> str:
    """Return a name without its case, Unicode form and marks."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return re.sub(r"[\s_.-]+", "_", text).strip("_")


def unambiguous(plain: dict[str, str]) -> dict[str, str]:
    """Invert names -> texts, without empty texts and those of several names."""
    count = Counter(plain.values())  # there may be millions
    return {text: name for name, text in plain.items() if text and count[text] == 1}


def near_words(a: Collection[str], b: Collection[str]) -> str:
    """Say how many names of two domains are alike; "" where none are."""
    pairs = near_pairs(a, b)
    if not pairs:
        return ""
    one, other = pairs[0]
    return (
        f"{len(pairs):,} names are alike but not equal, as {one!a} and {other!a}: "
        "rename the files if they belong together"
    )
