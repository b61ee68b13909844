"""Conflicts between keys of the settings that are valid by themselves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Conflict:
    """A conflict between keys; meaningless while one of them is invalid by itself."""

    keys: tuple[str, ...]
    message: str

    def __str__(self) -> str:
        """Return the line shown to the user."""
        return self.message
