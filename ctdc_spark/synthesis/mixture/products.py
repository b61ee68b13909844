"""Products of a large sparse matrix with vectors, shared among threads: scipy releases the interpreter lock in them."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

Number = TypeVar("Number", np.float32, np.float64)

MOST_THREADS = 4
"""A product waits for memory: more threads than this hardly help."""

SMALL = 500_000
"""Entries that one thread multiplies before a second could start, about half a millisecond."""


class SharedMatrix:
    """A matrix in bands of rows, one per thread.

    Each row is summed by one thread, in order, so the number of threads changes no bit of a product.
    """

    def __init__(self, matrix: sp.csr_matrix, threads: int | None = None) -> None:
        number = threads or (1 if matrix.nnz < SMALL else min(MOST_THREADS, _cores()))
        edges = np.searchsorted(matrix.indptr, np.linspace(0, matrix.nnz, number + 1)[1:-1])
        bounds = [0, *edges.tolist(), matrix.shape[0]]
        self._bands = [matrix[low:high] for low, high in pairwise(bounds)] if number > 1 else [matrix]

    @property
    def row_sizes(self) -> npt.NDArray[np.int64]:
        """Entries of each row. Shape (rows,)."""
        return np.concatenate([np.diff(band.indptr) for band in self._bands]).astype(np.int64)

    def transpose(self) -> SharedMatrix:
        """Rows as columns."""
        return SharedMatrix(sp.vstack(self._bands, format="csr").T.tocsr())

    def __matmul__(self, vector: npt.NDArray[Number]) -> npt.NDArray[Number]:
        """The product. Shape (rows,)."""
        if len(self._bands) == 1:
            found: npt.NDArray[Number] = self._bands[0] @ vector
            return found
        return np.concatenate(list(_pool().map(lambda band: band @ vector, self._bands)))


def _cores() -> int:
    """The cores that this process may use, if the system states them."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="product")
