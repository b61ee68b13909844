"""A small table with everything that the kernels of the calibrated synthesizer need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctdc_spark.combinations.kernel import count_frequent
from ctdc_spark.records.records import Records
from ctdc_spark.synthesis.calibrated.lattice import Lattice, build_lattice
from ctdc_spark.synthesis.calibrated.targets import expect_counts


@dataclass(frozen=True)
class Table:
    """Records, their frequent combinations as a lattice, exact counts and targets (the empty combination first)."""

    records: Records
    lattice: Lattice
    exact: np.ndarray
    target: np.ndarray


def make_table(records: Records, threshold: int, max_length: int = 3, precision: int | None = None) -> Table | None:
    """None if no attribute is frequent. Attributes keep their ids, frequent or not."""
    precision = precision or threshold
    found: dict[int, list[tuple[np.ndarray, np.ndarray]]] = {}
    for counted in count_frequent(records.distinct(), threshold, max_length):
        found.setdefault(counted.combinations.shape[1], []).append((counted.combinations, counted.counts))
    if not found:
        return None
    width = int(records.attributes.max()) + 1
    lattice, orders = build_lattice([np.concatenate([c for c, _ in found[n]]) for n in sorted(found)], width)
    counts = [np.concatenate([c for _, c in found[n]])[order] for n, order in zip(sorted(found), orders, strict=True)]
    exact = np.concatenate([[records.weights.sum()], *counts])
    protected = exact // precision * precision
    parts = [expect_counts(protected[lattice.length == n], precision) for n in range(lattice.max_length + 1)]
    return Table(records, lattice, exact, np.concatenate(parts))


def written(records: Records) -> list[tuple[int, ...]]:
    """Each record as a tuple of attributes."""
    edges = zip(records.offsets[:-1], records.offsets[1:], strict=True)
    return [tuple(records.attributes[a:b].tolist()) for a, b in edges]
