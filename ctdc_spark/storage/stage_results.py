"""What a stage leaves for later ones beside its tables: a frozen value of a type of its own, stored as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, TypeAlias, TypeVar

StageFigure: TypeAlias = "int | float | str | list[float] | None"

StageFigures: TypeAlias = Mapping[str, StageFigure]
"""What a progress line says of a stage: protected or synthetic counts, never exact ones."""

Result = TypeVar("Result", bound="StageResult")


@dataclass(frozen=True)
class StageResult:
    """What later stages need to know of one that is complete; each protection has a subclass for each of its stages.

    Fields that JSON does not have as they are, such as tuples of mechanisms, are put back by a `from_json` of their
    own.
    """

    stage: ClassVar[str]
    """The stage that leaves it."""

    @property
    def figures(self) -> StageFigures:
        """What a progress line says of it."""
        raise NotImplementedError

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls: type[Result], found: Mapping[str, Any]) -> Result:
        """Read back what `to_json` gave.

        Raises:
            TypeError, KeyError, ValueError: it is of another kind.
        """
        return cls(**found)
