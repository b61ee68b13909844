"""Exact integer noise, from OpenDP: no floating-point numbers, and no seed.

Floating-point noise can reveal what it should hide by the values it cannot take (Mironov 2012); these samplers work in
whole numbers and take their randomness from the operating system.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ctdc_spark.errors import SparkSetupError
from ctdc_spark.records.records import Longs

CHUNK = 50_000
"""Counts passed to the library at once, as a list of Python numbers."""


def load_opendp() -> Any:
    """The library, with the mechanisms we use enabled.

    Raises:
        SparkSetupError: it is not installed.
    """
    try:
        import opendp.prelude as dp
    except ImportError:
        raise SparkSetupError(
            "protection: dp needs the package opendp, which is not installed here. Install it on the driver and on "
            "every worker: pip install 'ctdc-spark[dp]'"
        ) from None
    dp.enable_features("contrib")
    return dp


def gaussian_adder(scale: float) -> Callable[[Longs], Longs]:
    """A function that adds integer Gaussian noise of this scale to each count; shape (counts,) in and out."""
    dp = load_opendp()
    counts, distance = dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T="i64")
    return _in_chunks(dp.m.make_gaussian(counts, distance, scale=float(scale)))


def laplace_adder(scale: float) -> Callable[[Longs], Longs]:
    """A function that adds integer Laplace noise of this scale to each count; shape (counts,) in and out."""
    dp = load_opendp()
    counts, distance = dp.vector_domain(dp.atom_domain(T="i64")), dp.l1_distance(T="i64")
    return _in_chunks(dp.m.make_laplace(counts, distance, scale=float(scale)))


def _in_chunks(mechanism: Callable[[list[int]], list[int]]) -> Callable[[Longs], Longs]:
    def add(counts: Longs) -> Longs:
        parts = [mechanism(counts[low : low + CHUNK].tolist()) for low in range(0, len(counts), CHUNK)]
        return np.array([count for part in parts for count in part], np.int64)

    return add
