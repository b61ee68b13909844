from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from ctdc_spark.records.records import Records
from ctdc_spark.synthesis.calibrated.growth import Gains, grow
from ctdc_spark.synthesis.calibrated.incidence import Incidence
from ctdc_spark.synthesis.calibrated.lattice import Lattice, build_lattice
from ctdc_spark.synthesis.calibrated.seeds import BARRED, cut_candidates
from ctdc_spark.synthesis.calibrated.support import UpToLength
from ctdc_spark.synthesis.calibrated.targets import Prices, make_objective
from ctdc_spark.synthesis.calibrated.training import Effort, TrainedModel, sample, train
from ctdc_spark.synthesis.calibrated.units import GrowthOrder, LocalGrower, split_seeds
from ctdc_spark.synthesis.oracle.bitmap_support import BitmapSupport
from ctdc_spark.synthesis.oracle.bitmaps import to_bitmaps
from tests.oracles.counting import support
from tests.oracles.random_records import random_records
from tests.seeds import seeds
from tests.unit.synthesis.table import Table, make_table, written

QUICK = Effort(rounds=3, from_combinations=60, from_candidates=60, work=1e5)


def synthesize(table: Table, threshold: int, *, strict: bool, seed: int = 0, records: int | None = None) -> Records:
    unit_of = np.arange(table.lattice.attributes) % 3
    grower = LocalGrower(table.lattice, unit_of, (table.records, threshold) if strict else None)
    objective = make_objective(table.lattice, table.target, Prices(), records)
    model = train(table.lattice, objective, grower, seed, prices=Prices(), effort=QUICK)
    return sample(model, table.lattice, objective, seed)


@pytest.mark.parametrize("threshold", [2, 3, 10])
@pytest.mark.parametrize("seed", seeds(34, in_gate=9))
def test_every_record_is_held_by_k_subjects(seed: int, threshold: int) -> None:
    records, written_out = random_records(seed)
    table = make_table(records, threshold)
    if table is None:
        pytest.skip("nothing is frequent")
    made = synthesize(table, threshold, strict=True)
    assert len(made)
    assert (made.weights > 0).all()
    assert all(support(written_out, row) >= threshold for row in written(made))


@pytest.mark.parametrize("seed", seeds(34, in_gate=9))
@pytest.mark.parametrize("up_to", [1, 2, 3])
def test_from_aggregates_alone_every_combination_up_to_the_length_is_frequent(seed: int, up_to: int) -> None:
    records, written_out = random_records(seed)
    table = make_table(records, 3, up_to)
    assert table is not None
    for row in written(synthesize(table, 3, strict=False)):
        assert all(support(written_out, part) >= 3 for n in range(1, up_to + 1) for part in combinations(row, n))


def test_a_known_mixture_comes_back() -> None:
    mixture = Records.from_lists([[0, 1, 2, 3], [2, 4, 5], [0, 5, 6], [1, 6]], [400, 300, 200, 100])
    table = make_table(mixture, 10, precision=1)
    assert table is not None
    made = synthesize(table, 10, strict=True)
    assert dict(zip(written(made), made.weights.tolist(), strict=True)) == dict(
        zip(written(mixture), [400, 300, 200, 100], strict=True)
    )


def test_nothing_longer_than_the_longest_frequent_combination_grows() -> None:
    gains, seeds = Gains(*lattice_of_pairs()), np.array([[0], [1], [2]], np.int32)
    assert {len(row) for row in written(grow(seeds, gains, UpToLength(64), (0,)))} == {3}
    assert {len(row) for row in written(grow(seeds, gains, UpToLength(2), (0,)))} == {2}


def lattice_of_pairs() -> tuple[Lattice, np.ndarray]:
    """Three attributes of which every pair is reported, but not all three."""
    lattice, _ = build_lattice([np.arange(3, dtype=np.int32)[:, None], np.array([[0, 1], [0, 2], [1, 2]], np.int32)], 3)
    return lattice, np.ones(len(lattice))


@pytest.mark.parametrize("number", [50, 137, 400])
def test_as_many_records_as_asked_for(number: int) -> None:
    table = make_table(random_records(5)[0], 3)
    assert table is not None
    assert synthesize(table, 3, strict=True, records=number).weights.sum() == number


def test_the_same_seed_gives_the_same_records_and_another_seed_others() -> None:
    table = make_table(random_records(7)[0], 2)
    assert table is not None
    one, same, other = (synthesize(table, 2, strict=True, seed=seed) for seed in (1, 1, 2))
    assert written(one) == written(same)
    assert (one.weights == same.weights).all()
    assert written(one) != written(other) or one.weights.tolist() != other.weights.tolist()


def test_only_protected_counts_and_yes_or_no_answers_have_an_influence() -> None:
    """Two tables with different exact counts but the same protected ones and the same sets held by k subjects."""
    rows = [[0, 1, 2], [0, 1], [2, 3], [1, 3], [0, 3]]
    one = make_table(Records.from_lists(rows, [31, 22, 44, 61, 12]), 10)
    other = make_table(Records.from_lists(rows, [33, 23, 42, 63, 13]), 10)
    assert one is not None
    assert other is not None
    assert (one.exact != other.exact).any()
    assert (one.target == other.target).all()
    first, second = (synthesize(table, 10, strict=True) for table in (one, other))
    assert first.attributes.tobytes() == second.attributes.tobytes()
    assert first.offsets.tobytes() == second.offsets.tobytes()
    assert first.weights.tobytes() == second.weights.tobytes()


@pytest.mark.parametrize("seed", range(10))
def test_units_make_no_difference_to_what_is_allowed(seed: int) -> None:
    """An oracle that sees only the records of the seed's unit answers like one that sees all."""
    records, _ = random_records(seed)
    table = make_table(records, 2)
    assert table is not None
    width = table.lattice.attributes
    seeds = table.lattice.members[1:]
    order = GrowthOrder(seeds, np.ones(len(table.lattice)), (0, 0))
    unit_of = np.arange(width) % 4
    everywhere = BitmapSupport(to_bitmaps(records, width), 2)
    gains = Gains(table.lattice, order.worth)
    whole = {
        row
        for unit, mine in split_seeds(seeds, unit_of)
        for row in written(grow(mine, gains, everywhere, (*order.key, unit)))
    }
    assert set(written(LocalGrower(table.lattice, unit_of, (records, 2)).grow(order))) == whole


def test_a_barred_attribute_is_not_added() -> None:
    table = make_table(Records.from_lists([[0, 1, 2]], [20]), 10)
    assert table is not None
    gains = Gains(table.lattice, np.ones(len(table.lattice)))
    seeds = np.array([[0, -1], [0, BARRED - 1]] * 50, np.int32)
    grown = written(grow(seeds, gains, UpToLength(64), (0,)))
    assert (0, 1, 2) in grown
    grown = written(grow(seeds[1::2], gains, UpToLength(64), (0,)))
    assert (0, 2) in grown
    assert not any(1 in row for row in grown)


def test_cut_candidates_are_parts_of_candidates() -> None:
    candidates = Records.from_lists([[0, 1, 2, 3, 4, 5], [6, 7]])
    cut = cut_candidates(candidates, 200, np.random.default_rng(0))
    parts = {tuple(row[row >= 0].tolist()) for row in cut}
    assert all(set(part) <= {0, 1, 2, 3, 4, 5} or set(part) <= {6, 7} for part in parts)
    assert len(parts) > 20


def test_sampling_again_needs_the_model_alone() -> None:
    table = make_table(Records.from_lists([[0, 1], [1, 2]], [30, 40]), 10, precision=1)
    assert table is not None
    model = TrainedModel(Records.from_lists([[0, 1], [1, 2]]), np.array([30.2, 39.7], np.float32), 1.0, ())
    objective = make_objective(table.lattice, table.target, Prices())
    assert sample(model, table.lattice, objective, 3).weights.tolist() == [30, 40]


def test_refinement_never_makes_it_worse() -> None:
    table = make_table(random_records(9)[0], 2)
    assert table is not None
    objective = make_objective(table.lattice, table.target, Prices())
    made = synthesize(table, 2, strict=True)
    worst = objective.value(np.zeros(len(table.lattice)))
    assert objective.value(Incidence(table.lattice, made).count_exactly(made.weights)) < worst
