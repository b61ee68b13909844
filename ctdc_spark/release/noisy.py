"""What a release with differential privacy publishes beside the others: its budget, and the noise of its counts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from ctdc_spark.errors import DataError
from ctdc_spark.privacy.accounting import epsilon_of
from ctdc_spark.privacy.budget import Mechanism
from ctdc_spark.release.contracts import AGGREGATE_COUNTS, RELEASE_ID, Column, Contract
from ctdc_spark.release.writer import write_release_rows

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.release.place import Place
    from ctdc_spark.release.publication import Publication
    from ctdc_spark.settings import Settings

NOISY_AGGREGATES = replace(
    AGGREGATE_COUNTS,
    columns=(
        *AGGREGATE_COUNTS.columns,
        Column(
            "noise_scale",
            "double",
            "Standard deviation of the noise on this combination's own measurement, to which the published count was "
            "fitted together with all others; null: not measured, or no noise",
        ),
    ),
)

PRIVACY_BUDGET = Contract(
    "privacy_budget",
    "What each release spent of the privacy budget of its data: a row for every use of the data. Rows stay when a "
    "release is replaced: what was spent stays spent",
    (
        RELEASE_ID,
        Column("run", "string", "Tells apart the runs of one release"),
        Column("account", "string", "Names the data; releases of one account add up"),
        Column("mechanism", "string", "Which noise; total: the whole run"),
        Column("purpose", "string", "What was measured"),
        Column("length", "int", "Attributes of the counted combinations; null: no combinations"),
        Column("sensitivity", "double", "The most that one subject changes the numbers (L2)"),
        Column("scale", "double", "Scale of the noise"),
        Column("rho", "double", "Cost in zero-concentrated differential privacy; adds up"),
        Column("delta", "double", "Cost in delta beside rho; total: the delta of the guarantee"),
        Column("epsilon", "double", "Only for total: the epsilon of the guarantee"),
    ),
    check="release_id is not null and run is not null and rho >= 0 and delta >= 0 "
    "and (mechanism = 'total' or (scale > 0 and sensitivity > 0))",
)

TOTAL = "total"
GUARANTEE = "dp"


@dataclass(frozen=True)
class Cost:
    """What a run costs as a whole; (epsilon, delta) is its guarantee."""

    rho: float
    delta: float
    epsilon: float

    @property
    def guarantee(self) -> str:
        """The guarantee's name in the ledger of releases."""
        return f"{GUARANTEE}: epsilon = {self.epsilon:.4g}, delta = {self.delta:.2g}"


@dataclass(frozen=True)
class Run:
    """A run that draws noise, and the account that pays for it."""

    name: str
    account: str


@dataclass(frozen=True)
class Spent:
    """All that one run spent."""

    run: Run
    cost: Cost
    mechanisms: Sequence[Mechanism]

    @staticmethod
    def from_facts(facts: Mapping[str, Any]) -> Spent:
        """Read back what `dataclasses.asdict` gave, from JSON."""
        mechanisms = [Mechanism(**mechanism) for mechanism in facts["mechanisms"]]
        return Spent(Run(**facts["run"]), Cost(**facts["cost"]), mechanisms)

    def rows(self) -> list[tuple[object, ...]]:
        """Rows of PRIVACY_BUDGET without release_id: every mechanism, then the total."""
        run, cost = (self.run.name, self.run.account), self.cost
        rows: list[tuple[object, ...]] = [
            (*run, m.mechanism, m.purpose, m.length, math.sqrt(m.squared_sensitivity), m.scale, m.rho, m.delta, None)
            for m in self.mechanisms
        ]
        return [*rows, (*run, TOTAL, "whole release", None, None, None, cost.rho, cost.delta, cost.epsilon)]


def publish_spent(spark: SparkSession, place: Place, asked: tuple[Settings, Publication], spent: Spent) -> None:
    """Write a run's rows of PRIVACY_BUDGET, beside those of earlier runs of the same release.

    Raises:
        DataError: the account's total does not allow it.
    """
    settings, publication = asked
    require_budget(spark, place, settings, spent.cost, spent.run.name)
    schema = ", ".join(f"{column.name} {column.type}" for column in PRIVACY_BUDGET.columns[1:])
    rows = spark.createDataFrame(spent.rows(), schema)
    if place.exists(spark, PRIVACY_BUDGET.name):
        before = place.read(spark, PRIVACY_BUDGET.name).where(F.col("release_id") == publication.release_id)
        rows = rows.unionByName(before.where(F.col("run") != spent.run.name).drop("release_id"))
    write_release_rows(rows.coalesce(1), place, PRIVACY_BUDGET, publication)


def require_budget(spark: SparkSession, place: Place, settings: Settings, coming: Cost, run: str = "") -> None:
    """Refuse a release that would spend more than the total of its account.

    Rho adds up over all runs of the account in this place. Their sum is compared at the delta of the coming run;
    deltas beside rho are taken off it.

    Args:
        spark: the session.
        place: the published tables.
        settings: `privacy_account` and `total_epsilon`.
        coming: what this run costs.
        run: its name, if it may be in the table already.

    Raises:
        DataError: saying what was spent, what is asked for and what is allowed.
    """
    allowed, account = settings.total_epsilon, settings.privacy_account
    if allowed is None or not place.exists(spark, PRIVACY_BUDGET.name):
        return
    mine = (F.col("account") == account) & (F.col("mechanism") != TOTAL) & (F.col("run") != run)
    rows = place.read(spark, PRIVACY_BUDGET.name).where(mine)
    rho, runs = rows.agg(F.sum("rho"), F.count_distinct("run")).collect()[0]
    together = epsilon_of((rho or 0.0) + coming.rho, coming.delta)
    if runs and together > allowed:
        raise DataError(
            f"total_epsilon: {runs} earlier runs of the account '{account}' and this one come to epsilon = "
            f"{together:.4g}; allowed: {allowed:g}. Nothing was published. Lower noise_epsilon, or ask those who "
            "answer for the data to raise the total"
        )


def with_noise_scale(counts: DataFrame, scales: Mapping[int, float]) -> DataFrame:
    """READABLE_COMBINATIONS with the noise scale of each length; null for lengths that were not measured."""
    scale = F.lit(None).cast("double")
    for length, value in scales.items():
        scale = F.when(F.col("length") == length, F.lit(value)).otherwise(scale)
    return counts.withColumn("noise_scale", scale)
