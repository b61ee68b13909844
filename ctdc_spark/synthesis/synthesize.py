"""The synthesizers there are.

A new one is a function `SynthesisTask -> DataFrame` in a file of its own and a line in SYNTHESIZERS. It may use the
parts of the calibrated one: a `Grower` for candidates, `train` for their weights, `sample` for whole records. Whatever
it makes is proven and evaluated like the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ctdc_spark.synthesis.calibrated.calibrated import synthesize_calibrated
from ctdc_spark.synthesis.row_seeded.row_blocks import synthesize_row_seeded
from ctdc_spark.synthesis.task import SynthesisTask

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

SYNTHESIZERS: dict[str, Callable[[SynthesisTask], DataFrame]] = {
    "calibrated": synthesize_calibrated,
    "row_seeded": synthesize_row_seeded,
}


def synthesize(task: SynthesisTask) -> DataFrame:
    """Make synthetic records in the way the settings ask for.

    Returns:
        SYNTHETIC_RECORDS.
    """
    return SYNTHESIZERS[task.settings.synthesis_mode](task)
