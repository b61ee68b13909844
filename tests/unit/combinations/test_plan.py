from __future__ import annotations

import numpy as np
import pytest

from ctdc_spark.cases.records import Records, concatenate
from ctdc_spark.combinations.counting import counter, pack_block, projector
from ctdc_spark.combinations.plan import CountingPlan, Unit, plan_units
from tests.oracles.counting import count_all
from tests.oracles.random_records import random_records


def plan_for(records: Records, threshold: int, max_length: int, unit_cost: float) -> CountingPlan:
    width = int(records.attributes.max(initial=-1)) + 1
    behind = np.repeat(records.offsets[1:], records.lengths) - np.arange(len(records.attributes)) - 1
    table = np.zeros((width, int(behind.max(initial=0)) + 1), np.int64)
    np.add.at(table, (records.attributes, behind), 1)
    weights = np.zeros(width, np.int64)
    np.add.at(weights, records.attributes, np.repeat(records.weights, records.lengths))
    return plan_units(table, weights, int(records.weights.sum()), (threshold, max_length), unit_cost)


@pytest.mark.parametrize("unit_cost", [1, 20, 10_000])
@pytest.mark.parametrize("seed", range(25))
def test_units_together_count_everything_once(seed: int, unit_cost: float) -> None:
    records, written_out = random_records(seed)
    plan = plan_for(records, 2, 4, unit_cost)
    import pyarrow as pa

    batches = [
        pa.record_batch([part.to_arrow(), pa.array(part.weights)], names=["attributes", "weight"])
        for part in (records.take(np.arange(0, len(records), 2)), records.take(np.arange(1, len(records), 2)))
    ]
    blocks = sorted((b for batch in batches for b in projector(plan)([batch])), key=lambda b: b.column(0)[0].as_py())
    found: dict[frozenset[int], int] = {}
    for batch in counter(plan)(blocks):
        for combination, count in zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True):
            assert frozenset(combination) not in found
            found[frozenset(combination)] = count
    for unit in plan.units:  # the shell adds these from the plan's own weights
        if unit.prefix and unit.low == unit.prefix[0] + 1 and plan.weights[unit.prefix[0]] >= 2:
            found[frozenset(unit.prefix)] = int(plan.weights[unit.prefix[0]])
    assert found == {s: c for s, c in count_all(written_out, 4).items() if c >= 2}


def test_an_attribute_of_nearly_all_records_is_split() -> None:
    rows = [[0, *range(1, 12)] for _ in range(50)]
    plan = plan_for(Records.from_lists(rows), 1, 4, unit_cost=500)
    assert sum(unit.prefix == (0,) for unit in plan.units) > 3
    assert all(isinstance(unit, Unit) and unit.low < unit.high for unit in plan.units)


def test_a_block_holds_what_was_packed() -> None:
    records = Records.from_lists([[1, 5], [], [2]], [3, 1, 2])
    from ctdc_spark.combinations.counting import unpack_blocks

    [(unit, again)] = unpack_blocks([pack_block(7, records)])
    assert unit == 7
    assert again.attributes.tolist() == [1, 5, 2]
    assert again.offsets.tolist() == [0, 2, 2, 3]
    assert again.weights.tolist() == [3, 1, 2]
    assert len(concatenate([again, again])) == 6
