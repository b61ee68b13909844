"""One categorical attribute given others: a conditional probability table to draw from, record by record."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

DRAW_BITS = 32
"""A draw is a whole number of this many bits; whole numbers, so that every machine draws the same."""


@dataclass(frozen=True)
class Attribute:
    """A conditional probability table, ready to be drawn from.

    Attributes:
        name: the name by which others depend on the attribute.
        given: attributes that choose the row -> their number of values; the most significant first.
        values: number of values V of this attribute.
        thresholds: (rows * V,) ascending; row r holds r * 2^32 + ceil(cumulative probability * 2^32).
    """

    name: str
    given: dict[str, int]
    values: int
    thresholds: IntArray

    def __post_init__(self) -> None:
        rows = int(np.prod(list(self.given.values()), dtype=np.int64))
        assert self.thresholds.shape == (rows * self.values,), self.name
        assert bool((np.diff(self.thresholds) >= 0).all()), self.name

    def draw(self, codes: dict[str, IntArray], uniform: IntArray) -> IntArray:
        """Draw by inversion.

        Args:
            codes: for each name in `given` the values drawn before, (records,).
            uniform: (records,) whole numbers uniform on 0..2^32-1.

        Returns:
            (records,) values 0..V-1.
        """
        row = np.zeros_like(uniform)
        for name, size in self.given.items():
            row = row * size + codes[name]
        # all thresholds of the rows before lie at or below row * 2^32: they are counted, then subtracted
        position = np.searchsorted(self.thresholds, (row << DRAW_BITS) | uniform, side="right")
        return position - row * self.values


def tabulate_attribute(name: str, given: dict[str, int], weights: FloatArray) -> Attribute:
    """Make an attribute of weights, shape (*sizes of `given`, V); rows need not sum to one."""
    assert weights.shape[:-1] == tuple(given.values()), name
    values = weights.shape[-1]
    rows = weights.reshape(-1, values)
    shares = np.cumsum(rows, axis=1) / rows.sum(axis=1, keepdims=True)
    shares[:, -1] = 1.0
    steps = np.ceil(shares * 2**DRAW_BITS).astype(np.int64)
    thresholds = (steps + (np.arange(len(rows), dtype=np.int64) << DRAW_BITS)[:, None]).ravel()
    thresholds.setflags(write=False)
    return Attribute(name, given, values, thresholds)
