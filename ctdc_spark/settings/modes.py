"""The words allowed for `synthesis_mode`: the synthesizers of this package, and those that a program has registered.

The functions themselves are in `synthesis`; settings do not use Spark.
"""

from __future__ import annotations

BUILT_IN = ("calibrated", "row_seeded")
"""The package's own, which cannot be replaced."""

_registered: list[str] = []


def list_modes() -> list[str]:
    """All words, the registered ones last."""
    return [*BUILT_IN, *_registered]


def is_mode(word: str) -> bool:
    """Whether there is a synthesizer of this name."""
    return word in list_modes()


def register_mode(word: str) -> None:
    """Allow a word; more than once is the same as once."""
    if not is_mode(word):
        _registered.append(word)
