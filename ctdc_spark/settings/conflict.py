"""What is wrong between keys of the settings that are right by themselves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Conflict:
    """What is wrong between keys; meaningless while one of the keys is wrong by itself."""

    keys: tuple[str, ...]
    message: str

    def __str__(self) -> str:
        """Return the line shown to the user."""
        return self.message
