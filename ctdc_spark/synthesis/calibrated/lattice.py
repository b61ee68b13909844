"""The reported combinations as one numbered structure, with steps up from a combination by an added attribute.

Number 0 is the empty combination, whose count is the number of subjects; then come the combinations of one attribute,
of two, and so on, in lexicographic order within a length. `extensions[c, a]` is the number of the combination c with
the attribute a added, so all combinations within a record are found by look-ups, many records at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ctdc_spark.records.records import Ids, Longs

EMPTY = 0


@dataclass(frozen=True)
class Lattice:
    """Combinations up to a length, closed downwards.

    Attributes:
        members: attribute ids of each combination, ascending, padded with -1. Shape (combinations, max_length).
        length: attributes in each. Shape (combinations,).
        extensions: number of each combination shorter than max_length with one more attribute, which need not be its
            last; `missing` if that combination is not reported. The last row, for `missing` itself, is all `missing`.
            Shape (combinations below max_length + 1, attributes).
    """

    members: Ids
    length: npt.NDArray[np.int8]
    extensions: Ids

    def __len__(self) -> int:
        """The number of combinations, including the empty one."""
        return len(self.length)

    @property
    def missing(self) -> int:
        """Stands for every combination that is not reported."""
        return len(self.length)

    @property
    def attributes(self) -> int:
        """The number of attributes."""
        return int(self.extensions.shape[1])

    @property
    def max_length(self) -> int:
        """The most attributes of a combination in the lattice."""
        return int(self.members.shape[1])

    def row_of(self, numbers: npt.NDArray[np.integer]) -> npt.NDArray[np.intp]:
        """The rows of `extensions` for combinations below max_length; the last row for `missing`."""
        rows: npt.NDArray[np.intp] = np.minimum(numbers, len(self.extensions) - 1).astype(np.intp)
        return rows

    def find(self, members: npt.NDArray[np.integer]) -> npt.NDArray[np.intp]:
        """The numbers of combinations, all of one length. Shape of members (asked, length), any order within a row."""
        found = np.zeros(len(members), np.intp)
        for position in range(members.shape[1]):
            found = self.extensions[self.row_of(found), members[:, position]].astype(np.intp)
        return found


def build_lattice(by_length: Sequence[Ids], attributes: int) -> tuple[Lattice, list[npt.NDArray[np.intp]]]:
    """Number the combinations.

    Args:
        by_length: combinations of length 1, 2, ..., each of shape (combinations, length), attributes ascending, in any
            order. Every combination within a combination must be present too: counts are anti-monotone.
        attributes: how many attribute ids there are.

    Returns:
        The lattice; and for each length, the order in which its combinations were numbered.
    """
    orders = [np.lexsort(combinations.T[::-1]) for combinations in by_length]
    sizes = [1, *(len(combinations) for combinations in by_length)]
    firsts = np.cumsum([0, *sizes])
    missing = int(firsts[-1])
    rows = int(firsts[len(by_length)])
    extensions = np.full((rows + 1, attributes), missing, np.int32)
    members = np.full((missing, max(1, len(by_length))), -1, np.int32)
    for length, (combinations, order) in enumerate(zip(by_length, orders, strict=True), start=1):
        ordered = combinations[order]
        numbers = np.arange(firsts[length], firsts[length + 1], dtype=np.int32)
        members[numbers, :length] = ordered
        for last in range(length):
            within = np.zeros(len(ordered), np.intp)
            for position in range(length):
                if position != last:
                    within = np.minimum(extensions[within, ordered[:, position]], rows).astype(np.intp)
            if (within == rows).any():
                raise ValueError("a combination is reported without the combinations within it")
            extensions[within, ordered[:, last]] = numbers
    lengths = np.repeat(np.arange(len(sizes), dtype=np.int8), sizes)
    return Lattice(members, lengths, extensions), orders


def count_by_length(lattice: Lattice) -> Longs:
    """How many combinations there are of length 0, 1, 2, ..."""
    return np.bincount(lattice.length, minlength=lattice.max_length + 1).astype(np.int64)
