"""Number arrays as compressed text, which the page's script turns back into typed arrays.

Each array is written byte plane by byte plane (all low bytes, then all second bytes, ...), since the high bytes of
small numbers are nearly all zero; all arrays are concatenated in one raw deflate stream, in base64.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.integer]
WIDTHS = (1, 2, 4)


@dataclass(frozen=True)
class PackedArrays:
    """Arrays as text.

    Attributes:
        directory: By name, the bytes per number (1, 2 or 4) and how many numbers there are.
        text: Base64 of the raw deflate stream.
    """

    directory: dict[str, tuple[int, int]]
    text: str


def pack_arrays(arrays: Mapping[str, Whole]) -> PackedArrays:
    """Write arrays of whole numbers from 0 to 2^32 - 1, each as narrow as its largest number allows.

    Raises:
        ValueError: A number is outside that range.
    """
    directory: dict[str, tuple[int, int]] = {}
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    parts = []
    for name, array in arrays.items():
        low, high = (int(array.min()), int(array.max())) if len(array) else (0, 0)
        if low < 0 or high >= 2**32:
            raise ValueError(f"array {name}: numbers must lie between 0 and 2^32 - 1")
        width = next(width for width in WIDTHS if high < 256**width)
        planes = array.astype(f"<u{width}").view(np.uint8).reshape(-1, width).T
        parts.append(stream.compress(planes.tobytes()))
        directory[name] = (width, len(array))
    parts.append(stream.flush())
    return PackedArrays(directory, base64.b64encode(b"".join(parts)).decode("ascii"))


def wrap_differences(numbers: Whole, width: int) -> Whole:
    """Each number minus the one before it, modulo 256^width; a running sum of that width restores the numbers."""
    narrow = numbers.astype(f"<u{width}")
    return np.diff(narrow, prepend=narrow.dtype.type(0))


def fold_signs(numbers: Whole) -> Whole:
    """0, -1, 1, -2, ... as 0, 1, 2, 3, ...: small numbers of either sign become small numbers."""
    return np.where(numbers < 0, -2 * numbers - 1, 2 * numbers)
