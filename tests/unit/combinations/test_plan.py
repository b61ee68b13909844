from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pytest

from ctdc_spark.combinations.counting import Counter, Cutter, join_blocks
from ctdc_spark.combinations.measuring import ALL, Measurer, measure_partition
from ctdc_spark.combinations.plan import (
    MOST_WAYS,
    CountingPlan,
    Limits,
    Measured,
    Prefix,
    bound_by_attribute,
    count_ways,
    plan_units,
)
from ctdc_spark.records import blocks
from ctdc_spark.records.blocks import pack_block, unpack_blocks
from ctdc_spark.records.records import Records
from tests.oracles.counting import count_all
from tests.oracles.random_records import random_records


def as_batch(records: Records) -> pa.RecordBatch:
    return pa.record_batch([records.to_arrow(), pa.array(records.weights)], names=["attributes", "weight"])


def measure(records: Records, prefixes: Sequence[Prefix]) -> Mapping[Prefix, Measured]:
    width = max(1, int(records.attributes.max(initial=-1)) + 1)
    longest = max(1, int(records.lengths.max(initial=0)))
    found = {p: Measured(np.zeros((width, longest), np.int64), np.zeros((width, longest), np.int64)) for p in prefixes}
    for batch in Measurer(prefixes)([as_batch(records)]):
        for index, attribute, behind, count, subjects in zip(*(c.to_pylist() for c in batch.columns), strict=True):
            found[prefixes[index]].records[attribute, behind] += count
            found[prefixes[index]].subjects[attribute, behind] += subjects
    return found


def plan_for(records: Records, limits: Limits) -> CountingPlan:
    return plan_units(measure(records, [()])[()], len(records), limits, lambda prefixes: measure(records, prefixes))


def blocks_of(records: Records, plan: CountingPlan) -> list[pa.RecordBatch]:
    halves = [records.take(np.arange(start, len(records), 2)) for start in (0, 1)]
    made = [block for half in halves for block in Cutter(plan.units, plan.attributes)([as_batch(half)])]
    return sorted(made, key=lambda block: block.column(0)[0].as_py())


@pytest.mark.parametrize("cells", [1, 8, 10**6])
@pytest.mark.parametrize("seed", range(8))
def test_a_partition_adds_up_its_blocks(monkeypatch: pytest.MonkeyPatch, seed: int, cells: int) -> None:
    records, _ = random_records(seed)
    monkeypatch.setattr(blocks, "STORED_CELLS", cells)
    thirds = [as_batch(records.take(np.arange(start, len(records), 3))) for start in range(3)]
    (rows,) = measure_partition(thirds)
    found = {tuple(row[1:3]): tuple(row[3:]) for row in zip(*(c.to_pylist() for c in rows.columns), strict=True)}
    expected = {(ALL, 0): (len(records), 0)}
    for attributes, weight in zip(records.to_arrow().to_pylist(), records.weights.tolist(), strict=True):
        for behind, attribute in enumerate(reversed(attributes)):
            number, subjects = expected.get((attribute, behind), (0, 0))
            expected[attribute, behind] = (number + 1, subjects + weight)
    assert found == expected


@pytest.mark.parametrize(("unit_cost", "unit_cells"), [(1, 10**9), (20, 10**9), (10**9, 8), (30, 30), (10**9, 10**9)])
@pytest.mark.parametrize("seed", range(20))
def test_units_together_count_everything_once(seed: int, unit_cost: float, unit_cells: int) -> None:
    records, written_out = random_records(seed)
    plan = plan_for(records, Limits(2, 1 + seed % 5, unit_cells, unit_cost))
    found: dict[frozenset[int], int] = {}
    for batch in Counter(plan)(blocks_of(records, plan)):
        for combination, count in zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True):
            assert frozenset(combination) not in found, "a combination was counted twice"
            found[frozenset(combination)] = count
    assert found == {s: c for s, c in count_all(written_out, 1 + seed % 5).items() if c >= 2}


def test_no_unit_exceeds_its_bound_when_one_attribute_is_nearly_everywhere() -> None:
    rng = np.random.default_rng(0)
    rows = [[0, *sorted(1 + rng.choice(30, 12, replace=False))] if rng.random() < 0.99 else [5] for _ in range(2000)]
    records = Records.from_lists([[int(a) for a in row] for row in rows])
    plan = plan_for(records, Limits(5, 4, unit_cells=1500, least_unit_cost=1e9))
    sizes: dict[int, int] = {}
    for unit, block in unpack_blocks(blocks_of(records, plan)):
        sizes[unit] = sizes.get(unit, 0) + len(block.attributes)
    assert len(plan.units) > 20
    assert max(sizes.values()) <= 1.5 * 1500
    assert max(sizes.values()) <= plan.largest_unit


def test_the_cost_is_the_number_of_combinations_and_units_share_it() -> None:
    rows = [list(range(12)) for _ in range(50)]
    plan = plan_for(Records.from_lists(rows), Limits(1, 4, least_unit_cost=500))
    assert plan.cost == sum(count_all(rows, 4).values())
    assert len(plan.units) > 20


@pytest.mark.parametrize("seed", range(20))
def test_bounds_are_never_below_what_is_found(seed: int) -> None:
    records, written_out = random_records(seed)
    limits = Limits(3, 4)
    bounds = bound_by_attribute(measure(records, [()])[()], limits).sum(axis=1)
    counts = [sum(len(s) == length and c >= 3 for s, c in count_all(written_out, 4).items()) for length in range(1, 5)]
    assert all(found <= bound for found, bound in zip(counts, bounds, strict=False))
    assert not any(counts[len(bounds) :])


def test_a_block_holds_what_was_packed() -> None:
    [(unit, again)] = unpack_blocks([pack_block(7, Records.from_lists([[1, 5], [], [2]], [3, 1, 2]))])
    assert unit == 7
    assert again.attributes.tolist() == [1, 5, 2]
    assert again.offsets.tolist() == [0, 2, 2, 3]
    assert again.weights.tolist() == [3, 1, 2]


def test_joined_blocks_merge_identical_records() -> None:
    joined = join_blocks(iter([Records.from_lists([[1, 5]], [3]), Records.from_lists([[1, 5], [2]], [4, 1])]))
    assert sorted(joined.weights.tolist()) == [1, 7]


def test_far_more_records_alike_make_more_units_and_no_larger_ones() -> None:
    """Even if nearly all hold the most frequent attributes: however many they are, their cut records are few."""
    rng = np.random.default_rng(3)
    rows = [np.flatnonzero(rng.random(16) < np.linspace(0.05, 0.95, 16)).tolist() for _ in range(2000)]
    records = Records.from_lists(rows).distinct()
    limits = Limits(2, 3, unit_cells=20_000, least_unit_cost=50_000)

    def plan_for(factor: int) -> CountingPlan:
        def measure_more(prefixes: Sequence[Prefix]) -> Mapping[Prefix, Measured]:
            return {p: m.times(factor) for p, m in measure(records, prefixes).items()}

        return plan_units(measure_more([()])[()], len(records) * factor, limits, measure_more)

    plans = [plan_for(factor) for factor in (1, 10_000)]
    assert len(plans[1].units) > len(plans[0].units)
    assert all(plan.largest_unit <= 1.5 * limits.unit_cells + 1 for plan in plans)
    assert plans[1].cells > 1_000 * plans[0].cells, "what travels does grow"


def test_ways_to_choose_are_exact_up_to_a_bound_that_no_table_reaches() -> None:
    for number in range(40):
        for chosen in range(45):
            assert count_ways(number, chosen) == float(math.comb(number, chosen))
    assert count_ways(120, 20) == float(math.comb(120, 20))
    assert count_ways(2000, 300) == count_ways(2000, 1700) == MOST_WAYS


def test_records_of_hundreds_of_attributes_are_planned() -> None:
    rng = np.random.default_rng(5)
    records = Records.from_lists([np.flatnonzero(rng.random(1500) < 0.3).tolist() for _ in range(12)])
    assert plan_for(records, Limits(5, 2)).units
