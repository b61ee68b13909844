"""The fixed stream of numbers that makes profiles of one archetype differ, and how it moves their shares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctdc_spark.demo.attribute import FloatArray


def vary_odds(probability: FloatArray, odds: FloatArray | float) -> FloatArray:
    """Multiply the odds of a probability by a factor f: p f / (1 - p + p f)."""
    return probability * odds / (1.0 - probability + probability * odds)


class Variation:
    """A stream that depends on its key alone; every call takes the next numbers from it."""

    def __init__(self, key: tuple[int, int]) -> None:
        self._bits = np.random.Philox(key=np.array(key, dtype=np.uint64))

    def draw_uniform(self, *shape: int) -> FloatArray:
        """Numbers on [0, 1), from raw bits: numpy promises their stream, not that of its distributions."""
        raw = np.asarray(self._bits.random_raw(int(np.prod(shape))), dtype=np.uint64)
        whole: FloatArray = (raw >> np.uint64(11)).astype(np.float64)
        return whole.reshape(shape) / 2.0**53

    def draw_odds(self, *shape: int) -> FloatArray:
        """Factors between 1/2 and 2."""
        uniform = self.draw_uniform(*shape)
        return (1.0 + uniform) / (2.0 - uniform)

    def draw_popularity(self, size: int) -> FloatArray:
        """The shares 1, 1/2, 1/3, ... 1/size in some order."""
        ranks: FloatArray = np.argsort(self.draw_uniform(size), kind="stable").astype(np.float64)
        return 1.0 / (1.0 + ranks)

    def vary_weights(self, weights: Sequence[Sequence[float]]) -> FloatArray:
        """Multiply every weight by a factor of its own; rows of the result sum to one."""
        table: FloatArray = np.array(weights, dtype=np.float64)
        varied = table * self.draw_odds(*table.shape)
        totals: FloatArray = varied.sum(axis=-1, keepdims=True)
        return varied / totals
