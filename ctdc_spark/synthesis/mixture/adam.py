"""Adam: gradient steps scaled by each parameter's own recent gradients (Kingma and Ba 2015)."""

from __future__ import annotations

import numpy as np

from ctdc_spark.synthesis.mixture.mixture import Floats

MEAN_KEPT, SQUARE_KEPT = 0.9, 0.99
"""How much of the running mean and square each step keeps; the square forgets faster than usual, for short runs."""


class Adam:
    """Moves one array of parameters in place."""

    def __init__(self, like: Floats) -> None:
        self._mean, self._square = np.zeros_like(like), np.zeros_like(like)
        self._steps = 0

    def move(self, parameters: Floats, gradient: Floats, rate: float) -> None:
        """Take one step of size `rate` against the gradient."""
        self._steps += 1
        self._mean += np.float32(1 - MEAN_KEPT) * (gradient - self._mean)
        self._square += np.float32(1 - SQUARE_KEPT) * (gradient * gradient - self._square)
        mean = self._mean / np.float32(1 - MEAN_KEPT**self._steps)
        root = np.sqrt(self._square / np.float32(1 - SQUARE_KEPT**self._steps))
        parameters -= np.float32(rate) * mean / (root + np.float32(1e-12))
