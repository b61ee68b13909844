"""Mixtures to test with."""

from __future__ import annotations

import numpy as np

from ctdc_spark.differential_privacy.cells import Slots
from ctdc_spark.synthesis.mixture.mixture import Mixture

SLOTS = Slots((3, 4, 2, 5, 1, 1))


def make_mixture(rng: np.random.Generator, components: int, records: int, *, full: bool = False) -> Mixture:
    """Random chances; with `full`, no slot is ever absent."""
    shares = [rng.dirichlet(np.full(size + 1, 0.5), components)[:, :size] for size in SLOTS.sizes]
    chances = np.concatenate(shares, axis=1)
    if full:
        whole = np.add.reduceat(chances, SLOTS.bounds[:-1], axis=1)
        chances = chances / np.repeat(whole, SLOTS.sizes, axis=1)
    weights = rng.dirichlet(np.ones(components)) * records
    return Mixture(SLOTS, weights.astype(np.float32), chances.astype(np.float32))
