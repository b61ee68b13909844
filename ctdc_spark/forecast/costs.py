"""What the stages cost, from the measurements in docs/explanation/scale.md (`python -m benchmarks.stages`).

Seconds are those of one machine, to about a factor of two; memory and sizes do not depend on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ctdc_spark.synthesis.calibrated.units import MOST_UNITS

Amounts = Mapping[str, float]
"""The amounts that determine costs, in millions; combinations in thousands.

`cells`: of the input. `grown`: those of the records that growth looks at. `extensions`: what the counting looks at.
`combinations`: that are found. `calibrated`: those of them that the synthesizer fits.
"""


@dataclass(frozen=True)
class Cost:
    """Seconds of one stage: what the driver does alone, and what the cores share.

    Attributes:
        fixed: seconds of every run, to plan queries and write files.
        alone: seconds of the driver for each unit of an amount.
        shared: core seconds of the tasks for each unit of an amount.
        most_cores: the most cores that can share the tasks.
    """

    fixed: float
    alone: Amounts = field(default_factory=dict)
    shared: Amounts = field(default_factory=dict)
    most_cores: int | None = None

    def seconds(self, amounts: Amounts, cores: int) -> float:
        """How long the stage takes."""
        alone = sum(each * amounts[name] for name, each in self.alone.items())
        shared = sum(each * amounts[name] for name, each in self.shared.items())
        return self.fixed + alone + shared / min(cores, self.most_cores or cores)


STAGE_COSTS: Mapping[str, Cost] = {
    "cases": Cost(13, shared={"cells": 0.25}),
    "combinations": Cost(2.5, shared={"extensions": 0.049}),
    "synthesis": Cost(0, alone={"calibrated": 0.62}, shared={"grown": 2.0, "cells": 2.2}, most_cores=MOST_UNITS),
    "evaluation": Cost(18, shared={"cells": 1.7}),
    "proof": Cost(18, shared={"cells": 1.8}),
    "release": Cost(23, shared={"cells": 0.64}),
    "explore": Cost(6, alone={"combinations": 0.049}),
}
"""Fitted by `python -m benchmarks.fit_costs` to runs on one and two executors of one core, from 50,000 to ten million
demo records.
"""

COUNTING = ("combinations", "evaluation", "proof")
"""Stages whose workers count combinations."""

WORKER_MB = 150
"""A Python worker before it gets any data."""

BLOCK_MB = 500
"""A Python worker with a block of prepared, encoded or synthetic records."""

BITMAPS_HELD = 1.75
"""Memory of a unit of growth, relative to its bitmaps: they, what they were unpacked from, which words hold anybody."""

DRIVER_MB = 400
DRIVER_MB_BY_CALIBRATED = 0.6
"""The driver's Python at most: 280 MB were measured with 69,000 combinations."""

BYTES_A_SHUFFLED_CELL = 4
"""An attribute's number; what compression saves is ignored."""

BYTES_A_COMBINATION = 16
BYTES_A_CELL = 1.4
"""Bytes of a synthetic record for each column."""

RECORDS_A_SUBJECT = 1.6
PAGE_BYTES = 400_000
"""Measured on the demo records; the size of a release is good to a factor of two."""
