"""The best figure that a release has for some attributes: an actual count first, else an estimate with its range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ctdc_spark.api.counts import Answer

if TYPE_CHECKING:
    from ctdc_spark.api.counts import Attributes
    from ctdc_spark.explorer.quantity import Quantity


@dataclass(frozen=True, repr=False)
class BestFigure(Answer):
    """How many people have all of the given attributes: what the release's page says of them.

    Attributes:
        attributes: (column, value) of each.
        value: the figure; None where there is none.
        low: the number lies between this,
        high: and this: for an estimate in about eight of ten cases, otherwise always; under noise in 95 % of cases.
        kind: "actual": a published count; "withheld": fewer than k people, or nobody, and under noise that no count is
            published; "estimate": more attributes than were counted, so from the synthetic records; "uncounted":
            neither counted nor in the synthetic records.
        grade: of an estimate: "good", "rough", or "useless": not to be used.
        synthetic: how many synthetic records have them; None where that was not needed.
        meaning: the same in a sentence.
    """

    attributes: Attributes
    value: int | None
    low: int
    high: int
    kind: str
    grade: str
    synthetic: int | None
    meaning: str


def state_figure(attributes: Attributes, found: Quantity, threshold: int, *, noisy: bool = False) -> BestFigure:
    """The figure of some attributes, with its sentence; threshold: k; noisy: noise protects the counts."""
    span = f"{found.low:,} to {found.high:,}"
    meanings = {
        "actual": f"{span} people" if found.high > found.low else f"{found.low:,} people",
        "withheld": f"withheld: fewer than k = {threshold} people, or nobody",
        "estimate": f"about {found.value or 0:,} people (usually {span}): an estimate, {_GRADES.get(found.grade, '')}",
        "uncounted": f"not counted, and not in the synthetic records; at most {found.high:,} people",
    }
    if noisy:
        within = f", with noise (in 95 % of cases {span})" if found.high > found.low else ", with noise"
        meanings["actual"] = f"about {found.value or 0:,} people{within}"
        meanings["withheld"] = "no count: with noise this says little; any number of people may have them"
        meanings["uncounted"] = "not counted, and not in the synthetic records: any number of people may have them"
    return BestFigure(
        attributes,
        found.value,
        found.low,
        found.high,
        found.kind,
        found.grade,
        found.synthetic,
        meanings[found.kind],
    )


_GRADES = {"good": "good", "rough": "rough", "useless": "not to be used"}
