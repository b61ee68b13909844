"""Growth on Spark: seeds go to where the sensitive records are, and candidates come back.

    seeds of each unit --oracle--> sets that at least k subjects hold

A task is sent the lattice, the worth of combinations, and the seeds.
"""

from __future__ import annotations

from ctdc_spark.records.records import Ids, Records
from ctdc_spark.synthesis.calibrated.growth import Gains, grow
from ctdc_spark.synthesis.calibrated.lattice import Lattice
from ctdc_spark.synthesis.calibrated.problem import Problem
from ctdc_spark.synthesis.calibrated.units import GrowthOrder, merge_grown, split_seeds
from ctdc_spark.synthesis.oracle.frequency import UnitOracle
from ctdc_spark.synthesis.oracle.questions import SupportOracle


class AskingGrower:
    """A `Grower` that asks an oracle.

    Args:
        oracle: the sensitive records in the problem's units.
        problem: the lattice and the units.
    """

    def __init__(self, oracle: UnitOracle, problem: Problem) -> None:
        self._oracle = oracle
        self._problem = problem

    def grow(self, order: GrowthOrder) -> Records:
        """Run one job; its result is bounded by the number of seeds."""
        seeds = dict(split_seeds(order.seeds, self._problem.units.unit_of))
        return merge_grown(self._oracle.ask(SeedGrower(self._problem.lattice, seeds, order), seeds))


class SeedGrower:
    """The question: what grows from each unit's seeds?"""

    def __init__(self, lattice: Lattice, seeds: dict[int, Ids], order: GrowthOrder) -> None:
        self._lattice = lattice
        self._seeds = seeds
        self._order = (order.worth, order.key)
        self._gains: Gains | None = None

    def __call__(self, unit: int, support: SupportOracle) -> Records:
        """The candidates of one unit."""
        worth, key = self._order
        self._gains = self._gains or Gains(self._lattice, worth)  # in the task, once for all its units
        return grow(self._seeds[unit], self._gains, support, (*key, unit))
