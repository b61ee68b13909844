"""What every key of the settings must declare: it decides what is published and what differential privacy allows.

published with a release    keys that say so, and no others
the release's fingerprint   keys that change what is in it
under protection: dp        keys that act on each subject alone, or on no rows, and those made for it
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from pydantic import Field
from pydantic.fields import FieldInfo


class UnderNoise(Enum):
    """How a key relates to `protection: dp`."""

    ALONE = "acts on each subject alone, or on no rows"
    REFUSED = "lets one subject's rows decide how another's are read, or means nothing there"
    ONLY = "means something there only"


class Mark(Enum):
    """What a key declares: what it is, and what follows.

    Attributes:
        public: it may appear beside the published tables, as it was written.
        result: it changes what is in the release.
        under_noise: how it relates to differential privacy; every mark says it, so that nothing is allowed by silence.
    """

    INPUT = (
        "where the input lies: an address may hold credentials, or say who keeps the data",
        False,
        True,
        UnderNoise.ALONE,
    )
    READING = ("how the records are read, counted and described", True, True, UnderNoise.ALONE)
    LEARNING = ("how records are read by a look at others", True, True, UnderNoise.REFUSED)
    CUT = ("how many rows are read, which may be the exact number of subjects", False, True, UnderNoise.REFUSED)
    REPORTED = ("an input that has no subjects", False, True, UnderNoise.REFUSED)
    SECRET = (
        "lets a reader play back random choices, or may name a value too rare to publish",
        False,
        True,
        UnderNoise.ALONE,
    )
    NOISE = ("how much noise there is, and on what", True, True, UnderNoise.ONLY)
    PLACE = ("where things are put, which may hold credentials, and how long they stay", False, False, UnderNoise.ALONE)
    NAME = ("the release's name, which every row has anyway", False, False, UnderNoise.ALONE)
    LOOK = ("how the release looks", True, False, UnderNoise.ALONE)
    SAID = ("what is said about the release, and what was accepted", True, False, UnderNoise.ALONE)

    def __init__(self, meaning: str, public: bool, result: bool, under_noise: UnderNoise) -> None:
        self.meaning = meaning
        self.public = public
        self.result = result
        self.under_noise = under_noise


def setting(mark: Mark, default: Any, *, description: str) -> Any:
    """A field of the settings: its mark, its default, and what it means."""
    return Field(default, description=description, json_schema_extra={"mark": mark.name})


def marks_of(fields: Mapping[str, FieldInfo]) -> dict[str, Mark]:
    """The mark of every key.

    Raises:
        TypeError: a key declares nothing.
    """
    return {name: _mark_of(name, field) for name, field in fields.items()}


def _mark_of(name: str, field: FieldInfo) -> Mark:
    declared = field.json_schema_extra
    if not isinstance(declared, dict) or declared.get("mark") not in Mark.__members__:
        raise TypeError(f"settings: the key {name} does not declare what it is: give it a mark of settings.marks")
    return Mark[str(declared["mark"])]
