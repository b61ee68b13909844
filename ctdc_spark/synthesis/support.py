"""The one question the synthesizer may ask of the sensitive records: is this set of attributes held by at least k?"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from ctdc_spark.cases.records import Ids
from ctdc_spark.synthesis.bitmaps import Words


class SupportOracle(Protocol):
    """Answers, for a batch of growing sets, whether a set with one attribute more may become a record.

    Sets are told apart by their place in the batch. Only yes and no leave the oracle.
    """

    @property
    def bytes_a_set(self) -> int:
        """What it remembers of each set of a batch; must not change an answer."""
        ...

    def begin(self, sets: int) -> None:
        """Start a batch of empty sets."""
        ...

    def add(self, places: npt.NDArray[np.intp], attributes: Ids) -> npt.NDArray[np.bool_]:
        """Add an attribute to each named set where the result is allowed; say for which it was."""
        ...

    def keep(self, places: npt.NDArray[np.intp]) -> None:
        """Go on with these sets alone, numbered anew in this order."""
        ...


class UpToLength:
    """No sensitive records at all: what the reported combinations allow is allowed (a guarantee up to a length).

    Args:
        longest: attributes of a set at most. Where no combination of the guaranteed length is reported, nothing of that
            length may be made.
    """

    bytes_a_set = 8

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._sizes = np.zeros(0, np.int64)

    def begin(self, sets: int) -> None:
        """Every set is empty."""
        self._sizes = np.zeros(sets, np.int64)

    def add(self, places: npt.NDArray[np.intp], attributes: Ids) -> npt.NDArray[np.bool_]:  # noqa: ARG002
        """Add while there is room."""
        allowed: npt.NDArray[np.bool_] = self._sizes[places] < self._longest
        self._sizes[places[allowed]] += 1
        return allowed

    def keep(self, places: npt.NDArray[np.intp]) -> None:
        """Forget the other sets."""
        self._sizes = self._sizes[places]


class BitmapSupport:
    """Strict: the set must be held by at least `threshold` subjects, counted with one bitmap an attribute.

    Memory: attributes x subjects / 8 bytes, and subjects / 8 bytes for each set of a batch.

    Args:
        bitmaps: which subjects hold each attribute. Shape (attributes, words).
        threshold: k.
    """

    def __init__(self, bitmaps: Words, threshold: int) -> None:
        self._threshold = threshold
        self._bits = bitmaps
        self._all = np.full(bitmaps.shape[1], ~np.uint64(0))
        self._held: Words = np.empty((0, len(self._all)), np.uint64)

    @property
    def bytes_a_set(self) -> int:
        """One bitmap."""
        return self._all.nbytes

    def begin(self, sets: int) -> None:
        """Every subject holds the empty set."""
        self._held = np.tile(self._all, (sets, 1))

    def add(self, places: npt.NDArray[np.intp], attributes: Ids) -> npt.NDArray[np.bool_]:
        """Add where at least `threshold` subjects hold the result."""
        both = self._held[places] & self._bits[attributes]
        allowed: npt.NDArray[np.bool_] = count_bits(both) >= self._threshold
        self._held[places[allowed]] = both[allowed]
        return allowed

    def keep(self, places: npt.NDArray[np.intp]) -> None:
        """Forget the other sets."""
        self._held = self._held[places]


_BITS_OF_16 = np.array([bin(word).count("1") for word in range(1 << 16)], np.uint8)


def count_bits(bitmaps: Words) -> npt.NDArray[np.int64]:
    """Ones of each row. Shape (rows,)."""
    has_own = hasattr(np, "bitwise_count")  # from NumPy 2
    ones = np.bitwise_count(bitmaps) if has_own else _BITS_OF_16[bitmaps.view(np.uint16)]
    counted: npt.NDArray[np.int64] = ones.sum(axis=1, dtype=np.int64)
    return counted
