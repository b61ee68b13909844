"""Conversion between rho of zero-concentrated differential privacy and (epsilon, delta).

The rho of zCDP (Bun and Steinke 2016) adds up over mechanisms. Its conversion to epsilon and delta is
Proposition 12 of Canonne, Kamath and Steinke, "The Discrete Gaussian for Differential Privacy" (2020):
delta = min over a > 1 of exp((a - 1)(a rho - epsilon)) / (a - 1) * (1 - 1/a)^a.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

SEARCH_STEPS = 200
LARGEST_RHO = 1e4

# log(a - 1) is searched between these: orders from 1 + 1e-9 to 1e9
_ORDERS = (math.log(1e-9), math.log(1e9))


def delta_of(rho: float, epsilon: float) -> float:
    """The smallest delta that is known to hold with this epsilon.

    Example:
        >>> delta_of(0.0, 1.0)
        0.0
    """
    if rho <= 0:
        return 0.0

    def log_delta(log_above: float) -> float:
        above = math.exp(log_above)
        order = 1 + above
        return above * (order * rho - epsilon) - log_above + order * math.log1p(-1 / order)

    from scipy.optimize import minimize_scalar  # half a second, only when needed

    grid = np.linspace(*_ORDERS, 400)
    start = grid[int(np.argmin([log_delta(x) for x in grid]))]
    step = grid[1] - grid[0]
    found = minimize_scalar(log_delta, bounds=(start - step, start + step), method="bounded")
    return float(min(1.0, math.exp(min(0.0, float(found.fun)))))


def epsilon_of(rho: float, delta: float) -> float:
    """The smallest epsilon that is known to hold with this delta; rounding errors are on the safe side."""
    high = 1.0
    while delta_of(rho, high) > delta:
        high *= 2
    return _enclose(high, lambda epsilon: delta_of(rho, epsilon) > delta)[1]


def rho_of(epsilon: float, delta: float) -> float:
    """The largest rho that may be spent within (epsilon, delta); rounding errors are on the safe side."""
    return _enclose(LARGEST_RHO, lambda rho: delta_of(rho, epsilon) <= delta)[0]


def _enclose(high: float, is_below: Callable[[float], bool]) -> tuple[float, float]:
    """Bisect from 0 to `high` for where `is_below` ceases to hold: the last number below, and the first not below."""
    low = 0.0
    for _ in range(SEARCH_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if is_below(middle) else (low, middle)
        if high - low < 1e-12 * high:
            break
    return low, high


def rho_of_gaussian(scale: float, squared_sensitivity: float) -> float:
    """Rho of integer Gaussian noise: squared L2 sensitivity / (2 scale^2)."""
    return squared_sensitivity / (2 * scale**2)


def scale_for_rho(rho: float, squared_sensitivity: float) -> float:
    """The noise scale that spends this rho."""
    return math.sqrt(squared_sensitivity / (2 * rho))


def rho_of_pure(epsilon: float) -> float:
    """Rho of a mechanism with epsilon and no delta (Bun and Steinke 2016, Proposition 1.4)."""
    return epsilon**2 / 2


def threshold_for(scale: float, delta: float, keys: int) -> int:
    """The noisy count from which an unknown key may be named.

    A subject adds a count of one to at most `keys` keys that nobody else may have. The chance that any of them is named
    is at most delta: a count of 1 plus integer Gaussian noise reaches the threshold with a chance of at most
    delta / keys (union bound), as P[noise >= t] <= exp(-t^2 / (2 scale^2)) (Canonne et al. 2020).
    """
    return 1 + math.ceil(scale * math.sqrt(2 * math.log(keys / delta)))


def margin_of_laplace(scale: float, chance: float) -> int:
    """How far integer Laplace noise of this scale lies below zero, but for at most this chance.

    With a = exp(-1 / scale), P[noise <= -t] = a^t / (1 + a) for t >= 1 (Ghosh, Roughgarden and Sundararajan 2009).

    Example:
        >>> margin_of_laplace(50.0, 1e-6)
        657
    """
    falling = math.exp(-1 / scale)
    return max(1, math.ceil(scale * -math.log(chance * (1 + falling))))
