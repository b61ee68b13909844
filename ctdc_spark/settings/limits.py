"""How much a settings file may hold, found before anything is built from it: a small file must not become a huge one.

A name after * stands for everything that its & names. Nine lines of nine names each stand for 387 million values; a
hundred thousand brackets exceed what Python can nest. So the events of a file are counted first, each alias as
everything that it stands for, and only numbers are kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

MOST_BYTES = 1_000_000
"""The most bytes of a settings file; the largest that a person has written is a hundredth of that."""

MOST_VALUES = 100_000
"""The most scalars, lists and mappings of a file, with what aliases stand for written out."""

DEEPEST = 20
"""Settings are four levels deep; an alias that contains itself would never end."""

TOO_DEEP = "found settings nested too deeply"
TOO_MANY = f"found more than {MOST_VALUES:,} values, with what * stands for written out; allowed: at most that many"
IN_ITSELF = "found a name after * within what that name stands for; allowed: no part that contains itself"

_FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class TooMuchError(yaml.MarkedYAMLError):  # type: ignore[misc,unused-ignore]
    """The file holds more than settings may; raised like other errors of YAML, with the place."""


def require_bounded(text: str) -> None:
    """Refuse YAML that stands for too much. Text that is not YAML passes: reading it will say what is wrong.

    Raises:
        TooMuchError: it is nested too deeply, has too many values, or an alias contains itself.
    """
    size = _Size()
    try:
        for event in yaml.parse(text, Loader=_FAST):
            too_much = size.add(event)
            if too_much is not None:
                mark: Any = event.start_mark
                raise TooMuchError(problem=too_much, problem_mark=mark)
    except TooMuchError:
        raise
    except (yaml.YAMLError, ValueError, RecursionError):
        return


def require_bounded_json(value: object) -> None:
    """The same for values read from JSON.

    Raises:
        TooMuchError: as `require_bounded`, without a place.
    """
    waiting, seen = [(value, 1)], 0
    while waiting:
        one, depth = waiting.pop()
        seen += 1
        if depth > DEEPEST:
            raise TooMuchError(problem=TOO_DEEP)
        if seen + len(waiting) > MOST_VALUES:
            raise TooMuchError(problem=TOO_MANY)
        inside: Iterable[object] = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        waiting += [(part, depth + 1) for part in inside]


class _Size:
    """The size of a file, added up event by event."""

    def __init__(self) -> None:
        self._sizes: dict[str | None, int] = {}  # what each & stands for, as a number of values
        self._open: list[tuple[str | None, int]] = []
        self._total = 0

    def add(self, event: yaml.Event) -> str | None:
        """Count what an event stands for; return what is too much, if anything is."""
        if isinstance(event, yaml.AliasEvent):
            if any(anchor == event.anchor for anchor, _ in self._open):
                return IN_ITSELF
            self._total += self._sizes.get(event.anchor, 1)
        elif isinstance(event, yaml.ScalarEvent):
            self._total += 1
            self._sizes[event.anchor] = 1
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open.append((event.anchor, self._total))
            self._total += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = self._open.pop()
            self._sizes[anchor] = self._total - before
        if len(self._open) > DEEPEST:
            return TOO_DEEP
        return TOO_MANY if self._total > MOST_VALUES else None
