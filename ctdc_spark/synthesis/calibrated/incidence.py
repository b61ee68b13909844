"""Which reported combinations each candidate holds, as a sparse matrix."""

from __future__ import annotations

from functools import cached_property
from itertools import combinations
from math import comb

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from ctdc_spark.records.records import Records, offsets_of
from ctdc_spark.synthesis.calibrated.lattice import Lattice
from ctdc_spark.synthesis.mixture.products import SharedMatrix

Floats = npt.NDArray[np.float32]


class Incidence:
    """The matrix with a one where a candidate (row) holds a combination (column), stored by rows and by columns."""

    def __init__(self, lattice: Lattice, candidates: Records) -> None:
        found, offsets = find_combinations(lattice, candidates)
        if (found == lattice.missing).any():
            raise ValueError("a candidate holds a combination that is not reported")
        ones = np.ones(len(found), np.float32)
        self._rows = SharedMatrix(sp.csr_matrix((ones, found, offsets), (len(candidates), len(lattice))))
        self.cells = len(found)

    @cached_property
    def _columns(self) -> SharedMatrix:
        return self._rows.transpose()

    @cached_property
    def holders(self) -> Floats:
        """How many candidates hold each combination. Shape (combinations,)."""
        found: Floats = self._columns.row_sizes.astype(np.float32)
        return found

    def count(self, weights: npt.NDArray[np.generic]) -> Floats:
        """Synthetic counts: for each combination the weight of the candidates that hold it. Exact below 2^24."""
        found: Floats = self._columns @ weights.astype(np.float32)
        return found

    def count_exactly(self, copies: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Synthetic counts of whole copies."""
        found: npt.NDArray[np.int64] = np.rint(self._columns @ copies.astype(np.float64)).astype(np.int64)
        return found

    def add_up(self, worth: npt.NDArray[np.generic]) -> Floats:
        """For each candidate, the sum of `worth` over its combinations."""
        found: Floats = self._rows @ worth.astype(np.float32)
        return found


def find_combinations(lattice: Lattice, candidates: Records) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """The reported combinations within each candidate, the empty one first.

    Args:
        lattice: the reported combinations.
        candidates: sets of attributes.

    Returns:
        Their numbers, candidate by candidate, and where each candidate's begin; `lattice.missing` for a combination
        that is not reported.
    """
    lengths = candidates.lengths
    sizes = _count_within(int(lengths.max(initial=0)), lattice.max_length)[lengths]
    offsets = offsets_of(sizes)
    found = np.empty(offsets[-1], np.int32)
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        members = candidates.attributes[candidates.offsets[rows][:, None] + np.arange(length)]
        numbers = _find_in_one_length(lattice, members)
        found[offsets[rows][:, None] + np.arange(numbers.shape[1])] = numbers
    return found, offsets


def _count_within(longest: int, max_length: int) -> npt.NDArray[np.int64]:
    """How many combinations of at most max_length attributes a record of 0, 1, ..., longest attributes holds."""
    return np.array([sum(comb(n, k) for k in range(max_length + 1)) for n in range(longest + 1)], np.int64)


def _find_in_one_length(lattice: Lattice, members: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    rows, length = members.shape
    level: dict[tuple[int, ...], npt.NDArray[np.int32]] = {(): np.zeros(rows, np.int32)}
    parts = [level[()][:, None]]
    for size in range(1, min(length, lattice.max_length) + 1):
        above, level = level, {}
        for chosen in combinations(range(length), size):
            row = lattice.row_of(above[chosen[:-1]])
            level[chosen] = lattice.extensions[row, members[:, chosen[-1]]]
        parts.append(np.stack(list(level.values()), axis=1))
    return np.concatenate(parts, axis=1)
