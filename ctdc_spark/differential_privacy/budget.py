"""How a privacy budget is spent: every mechanism with its sensitivity, noise and cost.

The unit is one subject, added or removed. All costs are measured in rho of zCDP, which adds up; the total is stated as
(epsilon, delta). A private domain, named by threshold, also costs a delta of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ctdc_spark.differential_privacy.accounting import (
    epsilon_of,
    margin_of_laplace,
    rho_of,
    rho_of_gaussian,
    rho_of_pure,
    scale_for_rho,
    threshold_for,
)
from ctdc_spark.differential_privacy.cells import most_cells_of_record
from ctdc_spark.errors import DataError

DOMAIN_DELTA_SHARE = 0.5
"""Share of delta that a private domain takes."""

RESERVED = "reserved"
"""Stands for mechanisms that are charged before it is known what they will be."""

BOUND_CHANCE = 1e-6
"""The chance that there are more subjects than the bound derived from their noisy number."""

SMALLEST_FACTOR = 10
"""Delta is at most 1 / (SMALLEST_FACTOR x number of subjects)."""


@dataclass(frozen=True)
class Mechanism:
    """One use of the sensitive data.

    Attributes:
        mechanism: the kind of noise.
        purpose: what was measured with it.
        length: attributes of the counted combinations; None if no combinations are counted.
        squared_sensitivity: the most that one subject changes the measured numbers, squared (L2).
        scale: the noise's scale.
        rho: its cost.
        delta: its cost beside rho.
    """

    mechanism: str
    purpose: str
    length: int | None
    squared_sensitivity: int
    scale: float
    rho: float
    delta: float = 0.0

    def facts(self) -> dict[str, Any]:
        """As plain values, for the workspace and the published ledger."""
        return asdict(self)


@dataclass(frozen=True)
class BudgetRequest:
    """The budget as requested.

    Attributes:
        epsilon: the whole epsilon.
        delta: the whole delta; None: 1 / (delta_factor n), n a bound on the number of subjects from their noisy count.
        delta_factor: None: ln n, and at least SMALLEST_FACTOR.
        subjects_share: share of epsilon for the number of subjects.
        lengths_share: share of rho for the length up to which records are counted whole.
        domain_share: share of rho for a private domain; 0 with a declared one.
        shares: shares of the rest, one for each length.
    """

    epsilon: float
    delta: float | None
    delta_factor: float | None
    subjects_share: float
    lengths_share: float
    domain_share: float
    shares: tuple[float, ...]


def plan_subjects(request: BudgetRequest) -> Mechanism:
    """Counting the subjects, before anything else is known of their number."""
    epsilon = request.epsilon * request.subjects_share
    return Mechanism("discrete Laplace", "number of subjects", None, 1, 1 / epsilon, rho_of_pure(epsilon))


def margin_of_subjects(scale: float) -> int:
    """By how much the noisy number of subjects falls short of the true one, but for a chance of BOUND_CHANCE."""
    return margin_of_laplace(scale, BOUND_CHANCE)


def largest_delta(bound: int) -> float:
    """The largest delta that may be promised to `bound` subjects."""
    return 1 / (SMALLEST_FACTOR * max(1, bound))


def choose_delta(request: BudgetRequest, noisy_subjects: int) -> float:
    """The delta of the release: as given, or from a bound that the number of subjects hardly ever exceeds.

    Whatever the noise on their number n, delta is above 1 / (10 n) with a chance of at most BOUND_CHANCE.

    Raises:
        DataError: a given delta is too large for that many subjects, or their number may be noise alone.
    """
    margin = margin_of_subjects(plan_subjects(request).scale)
    bound = max(0, noisy_subjects) + margin
    if request.delta is not None:
        _require_small(request.delta, bound)
        return request.delta
    if noisy_subjects <= margin:
        raise DataError(
            f"noise_delta: found nothing, and delta cannot be derived from the number of subjects: their noisy number "
            f"is {max(0, noisy_subjects):,}, and the noise can reach {margin:,}. Raise "
            f"{_what_to_raise(request, _delta_for(request, bound))}, so that the noise is smaller, or declare a "
            f"noise_delta of at most one in {SMALLEST_FACTOR} times the number of subjects"
        )
    return _delta_for(request, bound)


def _what_to_raise(request: BudgetRequest, delta: float) -> str:
    """The keys that reduce the noise on the number of subjects, and how far to raise them without using up the rest."""
    logarithm = -math.log(kept_delta(request, delta))
    # a lower bound on most_subjects_share in closed form: epsilon <= rho + 2 sqrt(rho log(1 / delta))
    limit = math.sqrt(2) * (math.sqrt(logarithm + request.epsilon) - math.sqrt(logarithm)) / request.epsilon
    if request.subjects_share > limit / 2:
        return "noise_epsilon"
    below = f"staying well below {_as_limit(limit)} (there it takes all)"
    return f"number_of_records_epsilon_proportion, {below}, or noise_epsilon"


def _delta_for(request: BudgetRequest, bound: int) -> float:
    return 1 / (max(SMALLEST_FACTOR, request.delta_factor or math.log(bound)) * bound)


def _require_small(delta: float, bound: int) -> None:
    if delta > largest_delta(bound):
        raise DataError(
            f"noise_delta: found {delta:g}; allowed: at most {largest_delta(bound):.2g}, one in {SMALLEST_FACTOR} "
            f"times the number of subjects, who, by their noisy number, may be {bound:,}. Lower noise_delta, or "
            "leave it out"
        )


def most_delta(request: BudgetRequest) -> float:
    """The most that `choose_delta` can return, whatever is counted: for checks before the subjects are counted."""
    if request.delta is not None:
        return request.delta
    fewest = 2 * margin_of_subjects(plan_subjects(request).scale)  # fewer are refused
    return 1 / (max(SMALLEST_FACTOR, request.delta_factor or SMALLEST_FACTOR) * fewest)


def rho_left(request: BudgetRequest, delta: float) -> float:
    """Rho for everything but the number of subjects.

    Raises:
        DataError: counting the subjects takes all of it.
    """
    left = rho_of(request.epsilon, kept_delta(request, delta)) - plan_subjects(request).rho
    if left <= 0:
        raise DataError(
            f"number_of_records_epsilon_proportion: found {request.subjects_share:g}, which leaves nothing of "
            f"noise_epsilon {request.epsilon:g} at delta {delta:.2g} for the counts of combinations; allowed: less "
            f"than {_as_limit(most_subjects_share(request, delta))}. Lower number_of_records_epsilon_proportion or "
            "raise noise_epsilon"
        )
    return left


def most_subjects_share(request: BudgetRequest, delta: float) -> float:
    """The share of epsilon at which the number of subjects takes all of rho at this delta."""
    return math.sqrt(2 * rho_of(request.epsilon, kept_delta(request, delta))) / request.epsilon


def _as_limit(share: float) -> str:
    """A limit with two digits, rounded down so that every number below it is allowed."""
    step = 10.0 ** (math.floor(math.log10(share)) - 1)
    return f"{math.floor(share / step) * step:.2g}"


def kept_delta(request: BudgetRequest, delta: float) -> float:
    """The part of delta that a private domain, if any, leaves."""
    return delta * (1 - DOMAIN_DELTA_SHARE) if request.domain_share else delta


def plan_domain(request: BudgetRequest, delta: float, columns: int) -> tuple[Mechanism, int]:
    """Naming the values of `columns` single-valued columns, and the noisy count from which a value is named."""
    rho = request.domain_share * rho_left(request, delta)
    scale, spent = scale_for_rho(rho, columns), delta * DOMAIN_DELTA_SHARE
    named = Mechanism("discrete Gaussian, thresholded", "values of columns", 1, columns, scale, rho, spent)
    return named, threshold_for(scale, spent, columns)


def plan_record_lengths(request: BudgetRequest, delta: float) -> Mechanism:
    """Counting the records by their number of attributes: each subject is in one of these counts."""
    rho = request.lengths_share * rho_left(request, delta)
    return Mechanism("discrete Gaussian", "records by length", None, 1, scale_for_rho(rho, 1), rho)


def plan_reserved(request: BudgetRequest, delta: float) -> Mechanism:
    """The cost of counting combinations, before it is known how many attributes of a record are counted."""
    rho = rho_left(request, delta) * (1 - request.lengths_share - request.domain_share)
    return Mechanism(RESERVED, "combinations", None, 1, scale_for_rho(rho, 1), rho)


def plan_combinations(
    request: BudgetRequest, delta: float, max_attributes: int, lengths: Sequence[int]
) -> list[Mechanism]:
    """Counting combinations in records of at most `max_attributes` attributes: one mechanism per length.

    The shares of lengths that are not measured go to the others proportionally.
    """
    rest = plan_reserved(request, delta).rho
    measured = [length for length in lengths if length <= max_attributes]
    whole = sum(request.shares[length - 1] for length in measured)
    planned = []
    for length in measured:
        rho, sensitivity = (
            rest * request.shares[length - 1] / whole,
            most_cells_of_record(max_attributes, length),
        )
        scale = scale_for_rho(rho, sensitivity)
        # from the scale that is used, so the ledger states the cost of the actual noise
        spent = rho_of_gaussian(scale, sensitivity)
        planned.append(Mechanism("discrete Gaussian", "combinations", length, sensitivity, scale, spent))
    return planned


def total_cost(mechanisms: Sequence[Mechanism], delta: float) -> tuple[float, float]:
    """(rho, epsilon) of all mechanisms together, at this total delta."""
    rho = math.fsum(mechanism.rho for mechanism in mechanisms)
    apart = math.fsum(mechanism.delta for mechanism in mechanisms)
    return rho, epsilon_of(rho, delta - apart)
