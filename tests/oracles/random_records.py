"""Seeded random records in the shapes that matter: dense, sparse, with duplicates, weighted, skewed."""

from __future__ import annotations

import numpy as np

from ctdc_spark.records.records import Records


def random_records(seed: int) -> tuple[Records, list[list[int]]]:
    """Weighted records, and the same with every subject written out."""
    rng = np.random.default_rng(seed)
    attributes = int(rng.integers(1, 14))
    rows, weights = [], []
    chances = rng.beta(0.4, 0.8, attributes)
    if seed % 3 == 0:
        chances[-1] = 0.99
    for _ in range(int(rng.integers(1, 120))):
        rows.append(np.flatnonzero(rng.random(attributes) < chances).tolist())
        weights.append(int(rng.integers(1, 4)) if seed % 2 else 1)
    written_out = [row for row, weight in zip(rows, weights, strict=True) for _ in range(weight)]
    return Records.from_lists(rows, weights), written_out
