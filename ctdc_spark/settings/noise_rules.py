"""The rules of differential privacy: nothing may be learnt from the data that the budget does not pay for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ctdc_spark.settings.conflict import Conflict
from ctdc_spark.settings.marks import UnderNoise, marks_of

if TYPE_CHECKING:
    from ctdc_spark.settings.schema import SettingsFields

MEASURED_LENGTHS = 3

SMALLEST_FACTOR = 10
"""Delta is at most one in this many times the number of subjects."""

ALLOWED = (UnderNoise.ALONE, UnderNoise.ONLY)
"""How a key must relate to differential privacy to be given with it; all other keys keep their defaults."""

INSTEAD = {
    "record_limit": "all rows (-1), or data from which whole subjects were left out beforehand",
    "group_rare_values": "a domain with undeclared_into",
    "reported_aggregates_path": "case records, which the noise protects",
}
"""What to do without a key that is not allowed."""


def ask_declared(settings: SettingsFields) -> list[str]:
    """Questions about what `protection: dp` takes as declared, and only its author knows the origin of."""
    if settings.protection != "dp":
        return []
    edges = [name for name, bins in settings.bins.items() if bins.edges is not None and name not in settings.domain]
    declared = [
        ("bins", edges, "these edges", "Those that `ctdc-spark init` proposes were not"),
        (
            "domain",
            list(settings.domain),
            "these values",
            "Take them from a codebook; a list copied from the data is not",
        ),
    ]
    return [
        f"{key}: were {what} of {', '.join(columns)} chosen without a look at the data? With protection: dp they are "
        f"taken as public, and no budget pays for what they reveal. {otherwise}"
        for key, columns, what, otherwise in declared
        if columns
    ]


def check_noise(settings: SettingsFields) -> Iterator[Conflict]:
    """Every conflict with `protection: dp`."""
    if settings.protection == "dp":
        yield from _check_allowed(settings)
        yield from _check_budget(settings)
        yield from _check_learnt(settings)
        yield from _check_domain(settings)
        yield from _check_undeclared(settings)


def _check_allowed(settings: SettingsFields) -> Iterator[Conflict]:
    """Keys through which one subject's rows may decide how another's are read, according to their marks."""
    fields = type(settings).model_fields
    for key, mark in marks_of(fields).items():
        given = getattr(settings, key) != fields[key].get_default(call_default_factory=True)
        if given and mark.under_noise not in ALLOWED:
            yield Conflict(
                ("protection", key),
                f"{key}: found with protection: dp, where a key must act on each subject alone, and this one "
                f"{mark.under_noise.value}; allowed: {INSTEAD.get(key, 'nothing')}",
            )


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


def _check_undeclared(settings: SettingsFields) -> Iterator[Conflict]:
    """Undeclared values would be counted as if they were the declared one."""
    declared = {name: {value.strip() for value in values} for name, values in settings.domain.items()}
    for name, bins in settings.bins.items():
        declared.setdefault(name, set(bins.labels or ()))
    into, allowed = settings.undeclared_into, settings.into_existing or ()
    merged = [name for name, values in declared.items() if into in values and name not in allowed]
    if merged:
        yield Conflict(
            ("undeclared_into", "domain", "into_existing"),
            f"undeclared_into: found {into}, which is also a declared value of {', '.join(merged)}, so that undeclared "
            "values would be counted as this one; allowed: another value, or the columns under into_existing",
        )
