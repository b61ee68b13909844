"""What a stage leaves for later ones besides its tables: a frozen value of its own type, stored as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, TypeAlias, TypeVar

StageFigure: TypeAlias = "int | float | str | list[float] | None"

StageFigures: TypeAlias = Mapping[str, StageFigure]
"""What a progress line says about a stage: protected or synthetic counts, never exact ones."""

Result = TypeVar("Result", bound="StageResult")


@dataclass(frozen=True)
class StageResult:
    """What later stages need to know about a complete one; each protection has a subclass for each of its stages.

    Fields that JSON cannot hold, such as tuples of mechanisms, are restored by the subclass's own `from_json`.
    """

    stage: ClassVar[str]
    """The stage that leaves it."""

    @property
    def figures(self) -> StageFigures:
        """What a progress line says about it."""
        raise NotImplementedError

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls: type[Result], found: Mapping[str, Any]) -> Result:
        """Read back what `to_json` gave.

        Raises:
            TypeError, KeyError, ValueError: it has another form.
        """
        return cls(**found)
