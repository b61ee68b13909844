"""Readable names for columns and values that the settings and the codebook leave as they are in the data."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_RANGE = re.compile(r"([0-9]+)--([0-9]+)")


def spell_column(name: str) -> str:
    """A name in camel or snake case as words: `yearOfRegistration` is `Year of registration`; others stay as they are.

    Example:
        >>> spell_column("isForcedLabour"), spell_column("date_UTC"), spell_column("age, in years")
        ('Is forced labour', 'Date UTC', 'age, in years')
    """
    if not _PLAIN.fullmatch(name):
        return name
    words = [word if len(word) > 1 and word.isupper() else word.lower() for word in _WORD.findall(name)]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def spell_value(value: str) -> str:
    """A range such as `18--20` with an en dash; any other value stays as it is."""
    return _RANGE.sub("\\1\N{EN DASH}\\2", value) if _RANGE.fullmatch(value) else value
