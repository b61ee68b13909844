"""Seeds of random inputs: the first of them in the gate, all of them in `make test-all`.

Ten seeds nearly always find what a hundred find; the others are used when time does not matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _pytest.mark.structures import ParameterSet


def seeds(number: int, in_gate: int) -> list[int | ParameterSet]:
    """Parameters 0 to number - 1, of which all but the first `in_gate` are at length."""
    later = pytest.mark.at_length(f"{number - in_gate} further seeds")
    return [*range(in_gate), *(pytest.param(seed, marks=later) for seed in range(in_gate, number))]
