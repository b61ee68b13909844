from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from ctdc_spark.synthesis.mixture import products
from ctdc_spark.synthesis.mixture.products import SharedMatrix


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
@pytest.mark.parametrize("shape", [(1, 5), (40, 9), (3, 2_000), (0, 4)])
def test_threads_change_no_bit_of_a_product(threads: int, shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(shape[0])
    dense = (rng.random(shape) < 0.3) * rng.random(shape, np.float32)
    dense[: shape[0] // 2] = 0  # rows without an entry
    matrix = sp.csr_matrix(dense.astype(np.float32))
    for vector in (rng.random(shape[1], np.float32), rng.random(shape[1])):
        found = SharedMatrix(matrix, threads) @ vector
        assert found.dtype == vector.dtype
        assert found.tobytes() == (matrix @ vector).tobytes()


@pytest.mark.parametrize("threads", [1, 3])
def test_the_transpose_has_the_same_entries(threads: int) -> None:
    rng = np.random.default_rng(2)
    matrix = sp.csr_matrix((rng.random((30, 7)) < 0.3).astype(np.float32))
    shared, vector = SharedMatrix(matrix, threads), rng.random(30)
    assert (shared.transpose() @ vector).tobytes() == (matrix.T.tocsr() @ vector).tobytes()
    assert shared.row_sizes.tolist() == np.diff(matrix.indptr).tolist()


def test_a_large_matrix_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "_cores", lambda: 3)
    entries, rows = 1_200_000, 3_000
    rng = np.random.default_rng(1)
    columns = rng.integers(0, 10_000, entries, np.int32)
    matrix = sp.csr_matrix((np.ones(entries, np.float32), columns, np.arange(0, entries + 1, entries // rows)))
    vector = rng.random(matrix.shape[1], np.float32)
    shared = SharedMatrix(matrix)
    assert len(shared._bands) == 3
    assert len(SharedMatrix(matrix[:100])._bands) == 1
    assert (shared @ vector).tobytes() == (matrix @ vector).tobytes()
