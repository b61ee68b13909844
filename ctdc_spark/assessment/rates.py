"""How often attacks succeed, and the risk beyond what the same attacks achieve on people who were held out.

Formulas: Giomi, Boenisch, Wehmeyer, Tasnádi, "A unified framework for quantifying privacy risk in synthetic data"
(PoPETs 2023); the interval of a rate is Wilson's (1927).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

ATTACKS = ("membership", "linkability", "inference")
"""The attacks, in the order of the report."""

Z = 1.959964
"""The standard normal deviate of a two-sided interval of 95 %."""


@dataclass(frozen=True)
class Rate:
    """A share of successes: the middle of its 95 % interval and how far that reaches to either side."""

    value: float
    error: float


@dataclass(frozen=True)
class Attack:
    """What one attack achieved.

    Attributes:
        attack: one of ATTACKS.
        target: the column that was guessed; None where none was.
        attempts: on either side, as many on training records as on those held out.
        attack_rate: share of attempts on training records that succeeded.
        holdout_rate: the same on records held out, which is no fault of the release.
        naive_rate: share that succeeds without looking at any record; None where that means nothing.
        risk: what the attack gains on training records over those held out, as a share of what was left to gain.
        risk_low: lower end of its 95 % interval.
        risk_high: upper end.
    """

    attack: str
    target: str | None
    attempts: int
    attack_rate: float
    holdout_rate: float
    naive_rate: float | None
    risk: float
    risk_low: float
    risk_high: float


def wilson_rate(successes: int, attempts: int) -> Rate:
    """The share of successes with Wilson's interval.

    Example:
        >>> wilson_rate(0, 100).value + wilson_rate(0, 100).error  # doctest: +ELLIPSIS
        0.0369...
    """
    whole = attempts + Z * Z
    spread = successes * (attempts - successes) / attempts + Z * Z / 4
    return Rate((successes + Z * Z / 2) / whole, Z * math.sqrt(spread) / whole)


def risk_above(training: Rate, held_out: Rate) -> tuple[float, float, float]:
    """(risk, low, high): (training - held_out) / (1 - held_out), its error propagated, cut to 0..1."""
    left = 1 - held_out.value
    risk = (training.value - held_out.value) / left
    error = math.hypot(training.error / left, held_out.error * (training.value - 1) / left**2)
    low, middle, high = (min(1.0, max(0.0, value)) for value in (risk - error, risk, risk + error))
    return middle, low, high


def compare_successes(
    attack: tuple[str, str | None], successes: tuple[int, int], attempts: int, naive: float | None
) -> Attack:
    """Judge an attack by its successes.

    Args:
        attack: its name, and the column that was guessed.
        successes: on training records, and on records held out.
        attempts: how many attempts there were on either side.
        naive: the share that succeeds without looking.
    """
    training, held_out = (wilson_rate(found, attempts) for found in successes)
    return Attack(
        *attack,
        attempts,
        successes[0] / attempts,
        successes[1] / attempts,
        naive,
        *risk_above(training, held_out),
    )
