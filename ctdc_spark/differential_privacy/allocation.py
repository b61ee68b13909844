"""The budget that the settings request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctdc_spark.differential_privacy.budget import BudgetRequest
from ctdc_spark.differential_privacy.cells import LONGEST_MEASURED

if TYPE_CHECKING:
    from ctdc_spark.settings import Settings

DEFAULT_SHARES = (0.15, 0.3, 0.55)
"""Shares of lengths 1, 2, 3. There are more longer combinations, so they need more; single counts are read most."""


def read_budget_request(settings: Settings) -> BudgetRequest:
    """The budget of settings that passed their checks with protection: dp."""
    assert settings.noise_epsilon is not None
    shares = settings.budget_proportions or DEFAULT_SHARES[: min(settings.reporting_length, LONGEST_MEASURED)]
    return BudgetRequest(
        epsilon=settings.noise_epsilon,
        delta=settings.noise_delta,
        delta_factor=settings.delta_factor,
        subjects_share=settings.number_of_records_epsilon_proportion,
        lengths_share=settings.percentile_epsilon_proportion,
        domain_share=settings.domain_proportion if settings.private_domain else 0.0,
        shares=tuple(shares),
    )
