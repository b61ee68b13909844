"""Custom synthesizers: functions that `synthesis_mode` may name, proven and evaluated like the built-in ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ctdc_spark.errors import ArgumentError
from ctdc_spark.settings.modes import BUILT_IN, register_mode
from ctdc_spark.synthesis import synthesize

if TYPE_CHECKING:
    from ctdc_spark.synthesis.synthesize import Synthesizer

TAKEN = ("mixture",)
"""The ledger's word for records that were made under differential privacy."""


def register_synthesizer(name: str, synthesizer: Synthesizer) -> None:
    """Let `synthesis_mode` name a function of your own, for as long as this process lasts.

    Its records are proven like those of the built-in ones, by code that knows nothing about it, before anything can be
    published. Registering a name again replaces its function, as happens when a notebook's cell is run again. To
    publish in another process, register the name there too, since the settings contain it. `Release.sample` does not
    draw from a model that it leaves: nobody has proven what that could make.

    Args:
        name: the word for `synthesis_mode`: letters, digits and _, but none of this package's own names.
        synthesizer: from the task (`ctdc_spark.synthesis.task.SynthesisTask`) to distinct records: (attributes
            array<int>, ascending numbers of attributes; weight bigint, how many copies).

    Raises:
        ArgumentError: the name cannot be used, or `synthesizer` is not a function.

    Example:
        >>> ctdc.register_synthesizer("mine", my_synthesizer)  # doctest: +SKIP
        >>> settings = ctdc.Settings(synthesis_mode="mine", ...)  # doctest: +SKIP
    """
    taken = sorted([*BUILT_IN, *TAKEN])
    if not (isinstance(name, str) and name.isascii() and name.isidentifier()) or name in taken:
        raise ArgumentError(
            f"name: found {name!r:.60}; allowed: letters, digits and _, no digit first, and none of {', '.join(taken)},"
            " which are the package's own"
        )
    if not callable(synthesizer):
        raise ArgumentError(f"synthesizer: found a {type(synthesizer).__name__}; allowed: a function of one task")
    synthesize.register_synthesizer(name, synthesizer)
    register_mode(name)
