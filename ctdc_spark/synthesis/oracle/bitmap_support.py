"""Answers from one bitmap per attribute: whether at least k subjects hold a set."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ctdc_spark.records.records import Ids, Longs, offsets_of, runs
from ctdc_spark.synthesis.oracle.bitmaps import Words


class BitmapSupport:
    """Strict: the set must be held by at least `threshold` subjects, counted with one bitmap per attribute.

    The non-zero words of each set's bitmap are kept. A set of few subjects has few, however many subjects there are in
    all; and sets only lose words as they grow, so each fits its place.

    Memory: attributes x subjects / 8 bytes twice, and 12 bytes for each word of each set of a batch.

    Args:
        bitmaps: which subjects hold each attribute. Shape (attributes, words).
        threshold: k.
    """

    def __init__(self, bitmaps: Words, threshold: int) -> None:
        self._threshold = threshold
        self._wide = bitmaps.shape[1]
        self._bits = bitmaps.ravel()
        self._alone = [np.flatnonzero(bitmap).astype(np.int32) for bitmap in bitmaps]  # words of a set of one attribute
        self.begin(0)

    @property
    def bytes_a_set(self) -> int:
        """The size of all words of a bitmap and their places."""
        return 12 * int(self._wide)

    def begin(self, sets: int) -> None:
        """Begin with empty sets, which every subject holds."""
        self._where = np.empty(0, np.int32)  # (words of all sets,)
        self._word: Words = np.empty(0, np.uint64)
        self._first = np.zeros(sets, np.int64)
        self._size = np.full(sets, EVERYBODY)

    def add(self, places: npt.NDArray[np.intp], attributes: Ids) -> npt.NDArray[np.bool_]:
        """Add where at least `threshold` subjects hold the result."""
        allowed = np.zeros(len(places), np.bool_)
        empty = self._size[places] == EVERYBODY
        if empty.any():
            allowed[empty] = self._start(places[empty], attributes[empty])
        more = np.flatnonzero(~empty)
        allowed[more] = self._narrow(places[more], attributes[more])
        return allowed

    def keep(self, places: npt.NDArray[np.intp]) -> None:
        """Forget the other sets."""
        self._first, self._size = self._first[places], self._size[places]

    def _start(self, places: npt.NDArray[np.intp], attributes: Ids) -> npt.NDArray[np.bool_]:
        """Put an attribute into empty sets."""
        sizes = np.array([len(self._alone[attribute]) for attribute in attributes], np.int64)
        where = np.concatenate([self._alone[attribute] for attribute in attributes])
        word = self._bits[np.repeat(attributes.astype(np.int64) * self._wide, sizes) + where]
        allowed = self._count(word, sizes) >= self._threshold
        chosen = np.repeat(allowed, sizes)
        mine, kept = places[allowed], sizes[allowed]
        self._first[mine] = len(self._where) + np.cumsum(kept) - kept
        self._size[mine] = kept
        self._where = np.concatenate([self._where, where[chosen]])
        self._word = np.concatenate([self._word, word[chosen]])
        return allowed

    def _narrow(self, places: npt.NDArray[np.intp], attributes: Ids) -> npt.NDArray[np.bool_]:
        """Put an attribute into sets that hold some already."""
        sizes = self._size[places]
        places_of = runs(self._first[places], sizes)
        where = self._where[places_of]
        both = self._word[places_of] & self._bits[np.repeat(attributes.astype(np.int64) * self._wide, sizes) + where]
        allowed = self._count(both, sizes) >= self._threshold
        left = np.flatnonzero((both != 0) & np.repeat(allowed, sizes))
        edges = np.searchsorted(left, offsets_of(sizes))
        kept = np.diff(edges)[allowed]
        mine = places[allowed]
        target = runs(self._first[mine], kept)
        self._where[target] = where[left]
        self._word[target] = both[left]
        self._size[mine] = kept
        return allowed

    @staticmethod
    def _count(words: Words, sizes: Longs) -> Longs:
        """Ones of each set's words."""
        ones = offsets_of(count_bits(words))
        edges = offsets_of(sizes)
        return ones[edges[1:]] - ones[edges[:-1]]


EVERYBODY = -1
"""In place of the number of words of an empty set."""


_BITS_OF_16 = np.array([bin(word).count("1") for word in range(1 << 16)], np.uint8)


def count_bits(words: Words) -> npt.NDArray[np.uint8]:
    """Ones of each word. Shape as the words'."""
    if hasattr(np, "bitwise_count"):  # from NumPy 2
        return np.bitwise_count(words)
    ones: npt.NDArray[np.uint8] = _BITS_OF_16[words.view(np.uint16)].reshape(-1, 4).sum(axis=1, dtype=np.uint8)
    return ones
