"""What a release with differential privacy publishes in addition: its budget, and the noise of its counts."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
from pyspark.sql import functions as F

from ctdc_spark.differential_privacy.accounting import epsilon_of
from ctdc_spark.differential_privacy.budget import Mechanism
from ctdc_spark.differential_privacy.draws import Draw
from ctdc_spark.errors import DataError
from ctdc_spark.release.contracts import AGGREGATE_COUNTS, RELEASE_ID, Column, Contract
from ctdc_spark.release.direct_tables import arrow_schema
from ctdc_spark.release.ledger import DIFFERENTIAL_PRIVACY
from ctdc_spark.release.writer import write_release_rows

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from ctdc_spark.release.publication import Publication
    from ctdc_spark.release.rows import Rows
    from ctdc_spark.release.table_location import TableLocation

NOISE_SCALE = "noise_scale"

NOISY_AGGREGATES = replace(
    AGGREGATE_COUNTS,
    columns=(
        *AGGREGATE_COUNTS.columns,
        Column(
            NOISE_SCALE,
            "double",
            "Standard deviation of the noise on this combination's own measurement, to which the published count was "
            "fitted together with all others; null: not measured, or no noise",
        ),
    ),
)

PRIVACY_BUDGET = Contract(
    "privacy_budget",
    "What each release spent of the privacy budget of its data: a row for every use of the data, including uses by "
    "earlier runs that published nothing. Rows stay when a release is replaced: what was spent stays spent",
    (
        RELEASE_ID,
        Column("run", "string", "Tells apart the runs of one release"),
        Column("account", "string", "Names the data; releases of one account add up"),
        Column("mechanism", "string", "Which noise; total: the whole run; runs that published nothing have no total"),
        Column("purpose", "string", "What was measured"),
        Column("length", "int", "Attributes of the counted combinations; null: no combinations"),
        Column("sensitivity", "double", "The most that one subject can change the numbers (L2)"),
        Column("scale", "double", "Scale of the noise"),
        Column("rho", "double", "Cost in zero-concentrated differential privacy; adds up"),
        Column("delta", "double", "Cost in delta in addition to rho; total: the delta of the guarantee"),
        Column("epsilon", "double", "Only for total: the epsilon of the guarantee"),
    ),
    check="release_id is not null and run is not null and rho >= 0 and delta >= 0 "
    "and (mechanism = 'total' or (scale > 0 and sensitivity > 0))",
)

TOTAL = "total"

HAIR = Decimal("1e-9")
"""The relative error that computing with floats may add to a number."""


class Payer(Protocol):
    """Who pays, and how much may be spent: keys of the settings."""

    @property
    def privacy_account(self) -> str:
        """Names the data."""

    @property
    def total_epsilon(self) -> float | None:
        """The most that all runs of the account may spend together; None: no limit."""


@dataclass(frozen=True)
class Cost:
    """What a run costs as a whole; (epsilon, delta) is its guarantee."""

    rho: float
    delta: float
    epsilon: float

    @property
    def guarantee(self) -> str:
        """The guarantee's name in the ledger of releases: its figures are never below the true ones."""
        return f"{DIFFERENTIAL_PRIVACY}: epsilon = {_round_up(self.epsilon, 4)}, delta = {_round_up(self.delta, 2)}"


def _round_up(number: float, digits: int) -> str:
    """A positive number rounded up to this many digits; what computing with floats may have added is passed over."""
    least = Decimal(number) * (1 - HAIR)
    step = Decimal(1).scaleb(least.adjusted() - digits + 1)
    return f"{float(least.quantize(step, ROUND_CEILING)):.{digits}g}"


@dataclass(frozen=True)
class Run:
    """A run that draws noise, and the account that pays for it."""

    name: str
    account: str


@dataclass(frozen=True)
class Spent:
    """All that one run spent, and the draws before it on which no release is built."""

    run: Run
    cost: Cost
    mechanisms: Sequence[Mechanism]
    unpublished: Sequence[Draw] = ()

    @staticmethod
    def from_facts(facts: Mapping[str, Any]) -> Spent:
        """Read back what `dataclasses.asdict` gave, from JSON."""
        mechanisms = [Mechanism(**mechanism) for mechanism in facts["mechanisms"]]
        draws = [Draw.from_facts(draw) for draw in facts.get("unpublished", ())]
        return Spent(Run(**facts["run"]), Cost(**facts["cost"]), mechanisms, draws)

    def rows(self, published: Collection[str] = ()) -> list[tuple[object, ...]]:
        """Rows of PRIVACY_BUDGET without release_id: every mechanism, then the total.

        Those of the draws without a release come last, unless they are published already. A draw that still reserves
        budget is left out as a whole: a published draw counts as complete, and more will be drawn under its name.
        """
        cost = self.cost
        draws = [draw for draw in self.unpublished if draw.name not in published and not draw.reserves]
        total = (TOTAL, "whole release", None, None, None, cost.rho, cost.delta, cost.epsilon)
        return [
            *_mechanism_rows(self.run, self.mechanisms),
            (self.run.name, self.run.account, *total),
            *(row for draw in draws for row in _mechanism_rows(Run(draw.name, draw.account), draw.mechanisms)),
        ]


@dataclass(frozen=True)
class SealedNoise:
    """What a seal says about a release with differential privacy.

    Attributes:
        scales: of the noise on the counts of each measured length.
        spent: all that its run spent.
    """

    scales: Mapping[int, float]
    spent: Spent

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {"scales": dict(self.scales), **asdict(self.spent)}

    @staticmethod
    def from_json(found: Mapping[str, Any]) -> SealedNoise:
        """Read back what `to_json` gave."""
        scales = {int(length): scale for length, scale in found["scales"].items()}
        return SealedNoise(scales, Spent.from_facts(found))


def _mechanism_rows(run: Run, mechanisms: Sequence[Mechanism]) -> list[tuple[object, ...]]:
    of_run = (run.name, run.account)
    return [
        (*of_run, m.mechanism, m.purpose, m.length, math.sqrt(m.squared_sensitivity), m.scale, m.rho, m.delta, None)
        for m in mechanisms
    ]


def publish_spent(spark: SparkSession, place: TableLocation, attempt: tuple[Payer, Publication], spent: Spent) -> None:
    """Write a run's rows of PRIVACY_BUDGET, beside those of earlier runs of the same release.

    Raises:
        DataError: the account's total does not allow it.
    """
    payer, publication = attempt
    kept = spent.cost.delta - math.fsum(mechanism.delta for mechanism in spent.mechanisms)
    require_budget(spark, place, payer, replace(spent.cost, delta=kept), run=spent.run.name)
    rows = spent.rows(published_runs(spark, place, spent.run.account))
    if place.exists(spark, PRIVACY_BUDGET.name):
        before = place.read(spark, PRIVACY_BUDGET.name).where(F.col("release_id") == publication.release_id)
        names = PRIVACY_BUDGET.names[1:]
        rows += [tuple(row) for row in before.where(F.col("run") != spent.run.name).select(*names).collect()]
    named = [dict(zip(PRIVACY_BUDGET.names[1:], row, strict=True)) for row in rows]
    table = pa.Table.from_pylist(named, schema=arrow_schema(PRIVACY_BUDGET))
    write_release_rows(spark, table, place, PRIVACY_BUDGET, publication)


def published_runs(spark: SparkSession, place: TableLocation, account: str) -> set[str]:
    """The names of all runs of an account in PRIVACY_BUDGET."""
    if not place.exists(spark, PRIVACY_BUDGET.name):
        return set()
    runs = place.read(spark, PRIVACY_BUDGET.name).where(F.col("account") == account).select("run").distinct()
    return {row["run"] for row in runs.collect()}


def require_budget(
    spark: SparkSession,
    place: TableLocation,
    payer: Payer,
    coming: Cost,
    *,
    unpublished: Sequence[Draw] = (),
    run: str = "",
) -> None:
    """Refuse a release that would spend more than the total of its account.

    Rho adds up over all runs of the account in this place. Their sum is stated as the epsilon at the delta that the
    coming run keeps for its rho; the delta that private domains cost besides adds up separately.

    Args:
        spark: the session.
        place: the published tables.
        payer: the account and its limit.
        coming: what this run costs.
        unpublished: draws of the account on which no release is built.
        run: its name, if it may be in the table already.

    Raises:
        DataError: saying what was spent, what is requested and what is allowed.
    """
    allowed, account = payer.total_epsilon, payer.privacy_account
    if allowed is None:
        return
    rho, runs = _published_rho(spark, place, account, run)
    drawn = math.fsum(mechanism.rho for draw in unpublished for mechanism in draw.mechanisms)
    together = epsilon_of(rho + drawn + coming.rho, coming.delta)
    if (runs or unpublished) and together > allowed:
        more = f" with {len(unpublished)} draws of runs that published nothing" if unpublished else ""
        advice = "continue with the later stages of a stopped run, which draw nothing, " if unpublished else ""
        raise DataError(
            f"total_epsilon: {runs} earlier runs of the account '{account}'{more} and this one come to epsilon = "
            f"{together:.4g}; allowed: {allowed:g}. Nothing was published. Lower noise_epsilon, {advice}or ask those "
            "responsible for the data to raise the total"
        )


def _published_rho(spark: SparkSession, place: TableLocation, account: str, run: str) -> tuple[float, int]:
    """What the other runs of an account cost together, and how many there are; each use counts once."""
    if not place.exists(spark, PRIVACY_BUDGET.name):
        return 0.0, 0
    mine = (F.col("account") == account) & (F.col("mechanism") != TOTAL) & (F.col("run") != run)
    uses = place.read(spark, PRIVACY_BUDGET.name).where(mine).dropDuplicates(["run", "purpose", "length", "scale"])
    rho, runs = uses.agg(F.sum("rho"), F.count_distinct("run")).collect()[0]
    return rho or 0.0, runs


def with_noise_scale(counts: Rows, scales: Mapping[int, float]) -> Rows:
    """READABLE_COMBINATIONS with the noise scale of each length; null for lengths that were not measured."""
    if isinstance(counts, pa.Table):
        mine = pa.array([scales.get(length) for length in counts["length"].to_pylist()], pa.float64())
        return counts.append_column(NOISE_SCALE, mine)
    scale = F.lit(None).cast("double")
    for length, value in scales.items():
        scale = F.when(F.col("length") == length, F.lit(value)).otherwise(scale)
    return counts.withColumn(NOISE_SCALE, scale)
