"""The size at which pictures are trained."""

SIZES = (256, 128, 64)
"""Sizes of the papers, of a patient processor and of a quick try."""
MULTIPLE = 16  # so that a U-Net can halve four times
LEAST = 32  # pixels: less leaves a discriminator next to nothing


def fitting(side: int, most: int = SIZES[0]) -> int:
    """Return the largest of `SIZES` up to ``most`` that a picture of ``side`` pixels can give.

    Below all of them, the largest multiple of 16, and at least 16: preparation says then which
    pictures are too small.
    """
    for size in SIZES:
        if size <= min(side, most):
            return size
    return max(side // MULTIPLE * MULTIPLE, MULTIPLE)


def halvings(size: int, most: int = 8) -> int:
    """Compute how often ``size`` can be halved: the depth of a U-Net."""
    count = 0
    while count < most and size % 2 == 0:
        size, count = size // 2, count + 1
    return count
