"""The available synthesizers.

A new one is a function `SynthesisTask -> DataFrame` in a file of its own and a line in SYNTHESIZERS, or is registered
by whoever uses the package. It is given protected counts and an oracle that answers yes or no. It may use the parts of
the calibrated one: a `Grower` for candidates, `train` for their weights, `sample` for whole records. Its records are
proven and evaluated like any others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from ctdc_spark.errors import SettingsError
from ctdc_spark.settings.modes import BUILT_IN
from ctdc_spark.synthesis.calibrated.calibrated import synthesize_calibrated
from ctdc_spark.synthesis.row_seeded.row_blocks import synthesize_row_seeded
from ctdc_spark.synthesis.task import SynthesisTask

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Synthesizer: TypeAlias = "Callable[[SynthesisTask], DataFrame]"

SYNTHESIZERS: dict[str, Synthesizer] = {"calibrated": synthesize_calibrated}
"""They are given protected counts and yes-or-no answers."""

FROM_RECORDS: dict[str, Callable[[SynthesisTask, DataFrame], DataFrame]] = {"row_seeded": synthesize_row_seeded}
"""The baseline, which is given the encoded records beside its task. No other is added here: users of a release are told
of this one by its name, and of all others that they read no exact count."""


def register_synthesizer(name: str, function: Synthesizer) -> None:
    """Register a synthesizer of your own by name; registering the name again replaces it.

    Args:
        name: letters, digits and _, not beginning with a digit, and none of the package's own.
        function: from a SynthesisTask to SYNTHETIC_RECORDS.

    Raises:
        SettingsError: the name cannot be used.
    """
    if name in BUILT_IN or not (name.isascii() and name.isidentifier()):
        raise SettingsError(
            f"name: found {name!r}; allowed: letters, digits and _, no digit first, and none of {', '.join(BUILT_IN)}, "
            "which are the package's own"
        )
    SYNTHESIZERS[name] = function


def synthesize(mode: str, task: SynthesisTask, records: DataFrame) -> DataFrame:
    """Make synthetic records.

    Args:
        mode: name of the synthesizer.
        task: what it is given.
        records: ENCODED_RECORDS, for those that need them.

    Returns:
        SYNTHETIC_RECORDS.
    """
    if mode in FROM_RECORDS:
        return FROM_RECORDS[mode](task, records)
    return SYNTHESIZERS[mode](task)
