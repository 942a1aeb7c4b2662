"""Numbers and names as people read them."""

import math
import re
from collections.abc import Iterable

from markupsafe import Markup

MINUS = "\N{MINUS SIGN}"


def number(value: float) -> str:
    """Write a value in four significant digits, with a true minus sign."""
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else ("∞" if value > 0 else f"{MINUS}∞")
    size = abs(value)
    if size >= 1000:
        text = f"{value:,.0f}"
    elif size and size < 1e-4:
        text = f"{value:.2e}"
    else:
        text = f"{value:.4g}"
    return text.replace("-", MINUS)


def interval(bounds: tuple[float, float]) -> str:
    """Write an interval, in three significant digits where values have four: ``11.9 to 12.9``."""
    return " to ".join(number(float(f"{bound:.3g}")) for bound in bounds)


def duration(seconds: float) -> str:
    """Write a duration: ``3.2 ms``, ``7.5 s``, ``1 min 42 s``, ``2 h 5 min``."""
    if not math.isfinite(seconds):
        return number(seconds)
    if 0 < seconds < 0.1:
        return f"{float(f'{1000 * seconds:.3g}'):g} ms"
    whole = round(seconds)
    if whole < 60:
        return f"{float(f'{seconds:.3g}'):g} s"
    hours, minutes = whole // 3600, whole % 3600 // 60
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {whole % 60} s"


def spoken(name: str) -> str:
    """Write an identifier as words: ``arthur_to_beatrice`` -> Arthur to beatrice."""
    return capital(name.replace("_", " ").replace("/", " / ").strip())


def capital(words: str) -> str:
    """Begin words with a capital; the rest stays, unlike with ``str.capitalize``."""
    return words[:1].upper() + words[1:]


def breakable(name: str) -> Markup:
    """Let a long identifier break behind its underscores and hyphens."""
    return Markup("<wbr>").join(re.findall(r"[^_-]*[_-]+|[^_-]+", name))


def counted(count: int, noun: str) -> str:
    """Write a count with its noun: ``1 model``, ``2 models``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def enumerated(words: Iterable[str]) -> str:
    """Write an enumeration: ``a, b and c``."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
