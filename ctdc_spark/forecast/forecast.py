"""From what is known about the data to what a release of them will take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from ctdc_spark.combinations.budget import round_expected
from ctdc_spark.combinations.plan import CountingPlan
from ctdc_spark.forecast import costs
from ctdc_spark.io.display import html_lines, html_result
from ctdc_spark.synthesis.calibrated.problem import MOST_COMBINATIONS
from ctdc_spark.synthesis.calibrated.units import most_subjects

MEGABYTE = 1e6


@dataclass(frozen=True)
class Workload:
    """What is known before the run.

    Attributes:
        subjects: how many people there are, as it may be published.
        columns: columns that are used.
        counting: the plan of the stage `combinations`.
        combinations: about how many combinations of length 1, 2, ... will be found.
        cores: cores working at once.
    """

    subjects: int
    columns: int
    counting: CountingPlan
    combinations: tuple[int, ...]
    cores: int

    @property
    def amounts(self) -> dict[str, float]:
        """The amounts that determine costs, in the units of `costs.Amounts`."""
        return {
            "cells": self.subjects * self.columns / 1e6,
            "grown": min(self.subjects, most_subjects(self.counting.attributes)) * self.columns / 1e6,
            "extensions": self.counting.cost / 1e6,
            "combinations": sum(self.combinations) / 1e3,
            "calibrated": min(sum(self.combinations), MOST_COMBINATIONS) / 1e3,
        }


@dataclass(frozen=True)
class StageForecast:
    """What one stage will take.

    Attributes:
        stage: its name.
        seconds: about how long.
        worker_mb: memory of one Python worker, at most; there is one per core.
    """

    stage: str
    seconds: float
    worker_mb: int


@dataclass(frozen=True)
class Forecast:
    """What a release will take.

    Attributes:
        subjects: about how many people, as it may be published.
        attributes: attributes that at least k of them hold.
        units_of_work: tasks that count, besides those that read.
        shuffled_mb: what the counting shuffles, at most.
        combinations: about how many of length 1, 2, ... will be reported.
        combinations_at_most: no more of each length than this.
        driver_mb: memory of the driver's Python, at most.
        published_mb: about how large the published tables will be, and the page.
        stages: stage by stage.
        cores: on this many cores.
        amounts: those that determine costs, as in `costs.Amounts`.
    """

    subjects: int
    attributes: int
    units_of_work: int
    shuffled_mb: float
    combinations: tuple[int, ...]
    combinations_at_most: tuple[int, ...]
    driver_mb: int
    published_mb: float
    stages: tuple[StageForecast, ...]
    cores: int
    amounts: costs.Amounts

    def to_dict(self) -> dict[str, object]:
        """Everything, for a program."""
        return asdict(self)

    def __repr__(self) -> str:
        return self.describe()

    def _repr_html_(self) -> str:
        return html_result("What a release will take", html_lines(self.describe()))

    def describe(self) -> str:
        """Everything, for a person; times and sizes to two significant digits."""
        width = max(len(one.stage) for one in self.stages)
        rows = [f"  {one.stage:<{width}}  {one.seconds:>10,.0f}  {one.worker_mb:>9,}" for one in self.stages]
        total = sum(one.seconds for one in self.stages)
        return "\n".join(
            [
                f"about {self.subjects:,} subjects, {self.attributes:,} attributes, {self.cores} cores",
                f"combinations    about {_lengths(self.combinations)}; at most {_lengths(self.combinations_at_most)}",
                f"counting        {self.units_of_work:,} units of work, a task each; "
                f"{_at_most(self.shuffled_mb)} shuffled",
                f"driver          at most {self.driver_mb:,} MB for Python, besides Spark's own",
                f"published       {_about(self.published_mb)}",
                "",
                f"  {'stage':<{width}}  {'seconds':>10}  {'worker MB':>9}",
                *rows,
                f"  {'all':<{width}}  {total:>10,.0f}  {max(one.worker_mb for one in self.stages):>9,}",
            ]
        )


def _about(megabytes: float) -> str:
    return f"about {round_expected(megabytes)} MB" if megabytes >= 1 else "less than 1 MB"


def _at_most(megabytes: float) -> str:
    return f"at most {round_expected(megabytes)} MB" if megabytes >= 1 else "less than 1 MB"


def forecast_release(workload: Workload) -> Forecast:
    """Say what a release will take, from measured costs."""
    counting = workload.counting
    amounts = workload.amounts
    return Forecast(
        subjects=workload.subjects,
        attributes=counting.attributes,
        units_of_work=len(counting.units),
        shuffled_mb=counting.cells * costs.BYTES_A_SHUFFLED_CELL / MEGABYTE,
        combinations=workload.combinations,
        combinations_at_most=counting.at_most,
        driver_mb=round(costs.DRIVER_MB + costs.DRIVER_MB_BY_CALIBRATED * amounts["calibrated"]),
        published_mb=_published_bytes(workload) / MEGABYTE,
        stages=tuple(
            StageForecast(stage, cost.seconds(amounts, workload.cores), _worker_mb(stage, workload))
            for stage, cost in costs.STAGE_COSTS.items()
        ),
        cores=workload.cores,
        amounts=amounts,
    )


def _worker_mb(stage: str, workload: Workload) -> int:
    """For counting, from its plan; for growth, from its bitmaps; for the others, what blocks of bounded size take."""
    own = 0.0
    if stage in costs.COUNTING:
        own = workload.counting.memory
    elif stage == "synthesis":
        attributes = workload.counting.attributes
        own = costs.BITMAPS_HELD * min(workload.subjects, most_subjects(attributes)) * attributes / 8
    return round(max(costs.WORKER_MB + own / MEGABYTE, costs.BLOCK_MB))


def _published_bytes(workload: Workload) -> float:
    aggregates = sum(workload.combinations) * costs.BYTES_A_COMBINATION
    records = workload.subjects * costs.RECORDS_A_SUBJECT * workload.columns * costs.BYTES_A_CELL
    return costs.PAGE_BYTES + aggregates + records


def _lengths(numbers: Sequence[int]) -> str:
    return " / ".join(f"{number:,}" for number in numbers)
