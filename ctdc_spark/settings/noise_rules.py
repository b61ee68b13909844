"""The rules of differential privacy: nothing may be learnt from the data that the budget does not pay for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ctdc_spark.settings.conflict import Conflict

if TYPE_CHECKING:
    from ctdc_spark.settings.schema import SettingsFields

MEASURED_LENGTHS = 3

SMALLEST_FACTOR = 10
"""Delta is at most one in so many times the number of subjects."""


def check_noise(settings: SettingsFields) -> Iterator[Conflict]:
    """Every conflict with `protection: dp`."""
    if settings.protection == "dp":
        if settings.reported_aggregates_path is not None:
            yield Conflict(
                ("protection", "reported_aggregates_path"),
                "reported_aggregates_path: found with protection: dp; allowed: case records, which the noise protects",
            )
        yield from _check_budget(settings)
        yield from _check_learnt(settings)
        yield from _check_domain(settings)


def _check_budget(settings: SettingsFields) -> Iterator[Conflict]:
    keys = ("protection", "noise_epsilon")
    if settings.noise_epsilon is None:
        yield Conflict(
            keys, "noise_epsilon: found nothing with protection: dp; allowed: a number above 0, such as 1: the budget"
        )
    elif settings.total_epsilon is not None and settings.total_epsilon < settings.noise_epsilon:
        yield Conflict(
            ("total_epsilon", "noise_epsilon"),
            f"total_epsilon: found {settings.total_epsilon}; allowed: at least noise_epsilon, {settings.noise_epsilon}",
        )
    if settings.delta_factor is not None and settings.delta_factor < SMALLEST_FACTOR:
        yield Conflict(
            ("protection", "delta_factor"),
            f"delta_factor: found {settings.delta_factor:g}; allowed with protection: dp: at least {SMALLEST_FACTOR}, "
            f"so that delta, the chance that the promise fails, is at most one in {SMALLEST_FACTOR} times the number "
            "of subjects",
        )
    length = settings.reporting_length
    if length == -1:
        yield Conflict(
            ("protection", "reporting_length"),
            "reporting_length: found -1 (all lengths) with protection: dp; allowed: a whole number of at least 1",
        )
    shares, measured = settings.budget_proportions, min(length, MEASURED_LENGTHS)
    if shares is not None and length != -1 and len(shares) != measured:
        yield Conflict(
            ("budget_proportions", "reporting_length"),
            f"budget_proportions: found {len(shares)} numbers; allowed: {measured}, one for each measured length",
        )


def _check_learnt(settings: SettingsFields) -> Iterator[Conflict]:
    learnt = [name for name, bins in settings.bins.items() if bins.quantiles is not None]
    if learnt:
        yield Conflict(
            ("protection", "bins"),
            f"bins: found quantiles for {', '.join(learnt)}, which are learnt from the data; allowed with "
            "protection: dp: edges, chosen without a look at the data",
        )
    if settings.group_rare_values:
        yield Conflict(
            ("protection", "group_rare_values"),
            "group_rare_values: found with protection: dp, and which values are rare is learnt from the data; "
            "allowed: a domain with undeclared_into",
        )


def _check_domain(settings: SettingsFields) -> Iterator[Conflict]:
    binned = {name for name, bins in settings.bins.items() if bins.edges is not None}
    missing = [name for name in settings.use_columns if name not in settings.domain and name not in binned]
    if missing and not settings.private_domain:
        yield Conflict(
            ("protection", "domain", "use_columns"),
            f"domain: found no values for {', '.join(missing)}; allowed with protection: dp: the values of every used "
            "column, or private_domain: true",
        )
    several = missing if settings.subject_id is not None else [n for n in missing if n in settings.multi_value_columns]
    if several and settings.private_domain:
        yield Conflict(
            ("domain", "private_domain", "multi_value_columns", "subject_id"),
            f"private_domain: found no declared values for {', '.join(several)}, in which one subject may have any "
            "number of values; allowed: a domain for columns of several values, and for all with subject_id",
        )
