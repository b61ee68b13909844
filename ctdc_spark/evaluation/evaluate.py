"""Two evaluations of one release: against the exact counts (restricted) and against the reported ones (publishable)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ctdc_spark.errors import PrivacyGateError
from ctdc_spark.evaluation.metrics import compute_metrics
from ctdc_spark.evaluation.tallies import EXACT, REPORTED

if TYPE_CHECKING:
    from ctdc_spark.evaluation.metrics import MetricRow
    from ctdc_spark.evaluation.tallies import Tallies
    from ctdc_spark.proof.gate import Proof

PROVEN_COUNTS = ("rare", "leakage", "fabrication")
"""Metrics that must be 0; their zeros are established against the exact counts and may be published."""


HEADLINE = ("presence", "mean_relative_error")


def evaluate_restricted(tallies: Tallies, threshold: int) -> list[MetricRow]:
    """METRICS against the exact counts; they stay in the sensitive place."""
    return compute_metrics(tallies, EXACT, threshold, "sensitive")


def evaluate_reported(tallies: Tallies, threshold: int) -> list[MetricRow]:
    """METRICS against the reported counts; they reveal no more than the published tables do.

    What is not reported may be rare or frequent, so the metrics that must be 0 are left to `proven_rows`.
    """
    rows = compute_metrics(tallies, REPORTED, threshold, "reported")
    return [row for row in rows if row[0] not in PROVEN_COUNTS]


def require_zeros(restricted: Iterable[MetricRow]) -> None:
    """Refuse a release in which a rare or an absent combination was found.

    This should be impossible after the proof of every record, but is checked on the counts as well.

    Args:
        restricted: METRICS against the exact counts.

    Raises:
        PrivacyGateError: one was found; names the metric, the length and how many.
    """
    found = sorted((metric, length, value) for metric, _, length, _, _, value in _proven(restricted) if value)
    if found:
        named = ", ".join(f"{metric} {value:,.0f} at length {length}" for metric, length, value in found)
        raise PrivacyGateError(
            f"privacy gate: found {named}; allowed: 0 each. The synthetic records hold combinations that too few "
            "subjects, or none, share. Nothing was published"
        )


def proven_rows(restricted: Iterable[MetricRow], proof: Proof | None) -> list[MetricRow]:
    """The rows of METRICS that state the proof's outcome: zeros by length, and the share of strict records.

    Args:
        restricted: METRICS against the exact counts.
        proof: of the strict guarantee; None if another was proven, which gives no share of strict records.
    """
    zeros: list[MetricRow] = [
        (metric, "proof", length, None, None, value) for metric, _, length, _, _, value in _proven(restricted)
    ]
    if proof is None:
        return zeros
    share = (proof.checked - proof.failed) / max(1, proof.checked)
    return [*zeros, ("strict_share", "proof", None, None, None, share)]


def expansion_row(synthetic_records: int, protected_subjects: int) -> MetricRow:
    """The row of METRICS on the number of records: synthetic records / protected number of subjects - 1."""
    return ("record_expansion", "reported", None, None, None, synthetic_records / protected_subjects - 1)


def reported_lengths(tallies: Tallies, *, below: int) -> list[int]:
    """The lengths below this one of which some combination is reported."""
    reported = {number for (kind, number, _), tally in tallies.items() if kind == REPORTED and tally.frequent}
    return sorted(length for length in reported if length < below)


def headline(published: Iterable[MetricRow]) -> dict[str, list[float]]:
    """What is shown when the evaluation is done: two metrics by length."""
    whole = sorted((length or 0, metric, value) for metric, _, length, low, _, value in published if low is None)
    return {name: [round(value, 4) for _, metric, value in whole if metric == name] for name in HEADLINE}


def _proven(restricted: Iterable[MetricRow]) -> list[MetricRow]:
    return [row for row in restricted if row[0] in PROVEN_COUNTS and row[3] is None]
