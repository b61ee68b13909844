"""What the stages cost: rough figures from single runs on two busy cores.

`python -m benchmarks.stages` measures them. Seconds depend on the machine, memory and sizes do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Amounts = Mapping[str, float]
"""How much there is of what costs: cells of the input, extensions the counting looks at, combinations that are found.

`cells` and `extensions` in millions, `combinations` in thousands.
"""


@dataclass(frozen=True)
class Cost:
    """Seconds of one stage: what the driver does alone, and what the cores share.

    Attributes:
        fixed: seconds of any run: queries are planned, files written.
        alone: seconds of the driver for each unit of an amount.
        shared: core seconds of the tasks for each unit of an amount.
    """

    fixed: float
    alone: Amounts = field(default_factory=dict)
    shared: Amounts = field(default_factory=dict)

    def seconds(self, amounts: Amounts, cores: int) -> float:
        """How long the stage takes."""
        alone = sum(each * amounts[name] for name, each in self.alone.items())
        shared = sum(each * amounts[name] for name, each in self.shared.items())
        return self.fixed + alone + shared / cores


STAGES: Mapping[str, Cost] = {
    "cases": Cost(5, shared={"cells": 1.0}),
    "combinations": Cost(4, shared={"extensions": 0.05}),
    "synthesis": Cost(20, alone={"calibrated": 0.5}),
    "evaluation": Cost(8, shared={"extensions": 0.05, "combinations": 0.05}),
    "proof": Cost(8, shared={"cells": 1.0, "combinations": 0.05}),
    "release": Cost(10, shared={"combinations": 0.02}),
    "explore": Cost(5, alone={"combinations": 0.02}),
}

COUNTING = ("combinations", "evaluation", "proof")
"""Stages whose workers count combinations."""

MOST_CALIBRATED = 1_000_000
"""Combinations the synthesizer fits at once: `synthesis.problem.MOST_COMBINATIONS`."""

WORKER_MB = 150
"""A Python worker before it is given anything."""

BLOCK_MB = 500
"""A Python worker with a block of prepared, encoded or synthetic records."""

DRIVER_MB = 400
DRIVER_MB_BY_CALIBRATED = 0.5

BYTES_A_SHUFFLED_CELL = 4
"""An attribute's number; what compression saves is left aside."""

BYTES_A_COMBINATION = 20
BYTES_A_CELL = 0.3
RECORDS_A_SUBJECT = 2
BYTES_AT_LEAST = 300_000
