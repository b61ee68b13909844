from __future__ import annotations

from dataclasses import replace

import pytest

from ctdc_spark.combinations.plan import CountingPlan, Limits, Unit
from ctdc_spark.errors import DataError
from ctdc_spark.forecast import costs
from ctdc_spark.forecast.comparison import Compared, ComparedForecast, compare_forecast, describe_comparison, read_lines
from ctdc_spark.forecast.costs import Cost
from ctdc_spark.forecast.forecast import Workload, forecast_release
from ctdc_spark.pipeline.run import STAGES

PLAN = CountingPlan(
    units=(Unit((), 0, 50), Unit((), 50, 100)),
    limits=Limits(10, 3),
    attributes=100,
    records=20_000,
    cost=5e7,
    largest_unit=2_000_000,
    at_most=(100, 4_950, 90_000),
)
WORKLOAD = Workload(subjects=20_000, columns=27, counting=PLAN, combinations=(100, 4_000, 30_000), cores=2)


def seconds(workload: Workload) -> float:
    return sum(stage.seconds for stage in forecast_release(workload).stages)


def test_every_stage_has_a_cost() -> None:
    assert list(costs.STAGE_COSTS) == [stage.name for stage in STAGES]


def test_what_the_cores_share_falls_with_them_and_the_rest_stays() -> None:
    cost = Cost(fixed=3, alone={"combinations": 2}, shared={"cells": 8})
    amounts = {"combinations": 5.0, "cells": 10.0}
    assert cost.seconds(amounts, 1) == 3 + 10 + 80
    assert cost.seconds(amounts, 8) == 3 + 10 + 10
    assert replace(cost, most_cores=4).seconds(amounts, 8) == 3 + 10 + 20


def test_more_records_take_longer_and_no_more_memory() -> None:
    plan = replace(PLAN, cost=PLAN.cost * 100, units=PLAN.units * 100)
    larger = replace(WORKLOAD, subjects=2_000_000, counting=plan)
    largest = replace(WORKLOAD, subjects=200_000_000, counting=plan)
    assert seconds(largest) > seconds(larger) > seconds(WORKLOAD)
    assert seconds(replace(larger, cores=64)) < seconds(larger)
    before, after = forecast_release(larger), forecast_release(largest)
    assert [stage.worker_mb for stage in after.stages] == [stage.worker_mb for stage in before.stages]
    assert after.driver_mb == before.driver_mb


def test_the_driver_holds_no_more_than_the_synthesizer_takes() -> None:
    many = forecast_release(replace(WORKLOAD, combinations=(100, 10_000, 5_000_000)))
    more = forecast_release(replace(WORKLOAD, combinations=(100, 10_000, 50_000_000)))
    assert many.driver_mb == more.driver_mb > forecast_release(WORKLOAD).driver_mb
    assert more.published_mb > many.published_mb


def test_a_person_is_told_each_stage_and_the_bounds() -> None:
    said = forecast_release(WORKLOAD).describe()
    assert all(f"  {stage.name} " in said for stage in STAGES)
    assert "about 100 / 4,000 / 30,000; at most 100 / 4,950 / 90,000" in said


def test_a_bound_that_was_broken_is_seen() -> None:
    lines = read_lines('{"stage": "combinations", "status": "done", "seconds": 4, "combinations": 200000}')
    compared = {one.name: one for one in compare_forecast(forecast_release(WORKLOAD), lines)}
    assert not compared["combinations"].holds
    assert compared["seconds of combinations"].holds, "an estimate is no bound"
    assert describe_comparison(compared.values()).count("more than the bound") == 1


def test_only_finished_stages_are_compared() -> None:
    failed = '{"stage": "cases", "status": "failed", "seconds": 1}\n'
    with pytest.raises(DataError, match="no JSON line of a finished stage"):
        read_lines(failed + "a line of somebody else\n3\n")
    again = '{"stage": "cases", "status": "done", "seconds": 2, "attributes": 90}\n'
    lines = read_lines(failed + again)
    assert compare_forecast(forecast_release(WORKLOAD), lines)[0] == Compared("attributes", 100, 90)


def test_a_comparison_says_the_forecast_and_what_happened() -> None:
    forecast = forecast_release(WORKLOAD)
    compared = ComparedForecast(forecast, (Compared("combinations", 100, 90, 80),))
    assert repr(compared).startswith(forecast.describe())
    assert "more than the bound" in compared._repr_html_()
    told = compared.to_dict()
    assert told.pop("against") == [{"name": "combinations", "foreseen": 100, "happened": 90, "at_most": 80}]
    assert told == forecast.to_dict()
