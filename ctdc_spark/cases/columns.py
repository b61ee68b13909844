"""Which columns of the data are used, and whether all columns that the settings name exist."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ctdc_spark.errors import DataError

if TYPE_CHECKING:
    from ctdc_spark.cases.opened import OpenedData
    from ctdc_spark.settings import Settings

_MOST_LISTED = 12


@dataclass(frozen=True)
class ChosenColumns:
    """Positions in the data of the columns that are used, and of the one that tells subjects apart."""

    used: tuple[int, ...]
    subject: int | None

    @property
    def all(self) -> tuple[int, ...]:
        """The used columns, then the subject's."""
        return self.used if self.subject is None else (*self.used, self.subject)


def choose_columns(opened: OpenedData, settings: Settings) -> ChosenColumns:
    """Find the columns that the settings ask for.

    Args:
        opened: the data; `names` are its columns in order.
        settings: `use_columns` in their order, or all columns but `subject_id` in the data's order.

    Raises:
        DataError: all problems with names at once: empty, repeated, reserved or unknown ones, and columns of
            types that cannot be used.
    """
    names = opened.names
    wanted = list(settings.use_columns) or [name for name in names if name != settings.subject_id]
    problems = [
        *_find_bad_names(names),
        *_find_unknown(names, settings),
        *_find_reserved(wanted),
        *(opened.refused[i] for i in sorted(opened.refused) if names[i] in (*wanted, settings.subject_id)),
    ]
    if not wanted:
        problems.append(f"there is no column besides the subject_id {settings.subject_id}")
    if problems:
        raise DataError("\n".join(f"{opened.place}: {problem}" for problem in problems))
    subject = None if settings.subject_id is None else names.index(settings.subject_id)
    return ChosenColumns(tuple(names.index(name) for name in wanted), subject)


def require_usable_names(opened: OpenedData) -> None:
    """Refuse data in which a column has no name, or two have the same.

    Raises:
        DataError: with all of them.
    """
    problems = list(_find_bad_names(opened.names))
    if problems:
        raise DataError("\n".join(f"{opened.place}: {problem}" for problem in problems))


def _find_bad_names(names: Sequence[str]) -> Iterator[str]:
    empty = [str(i) for i, name in enumerate(names, start=1) if not name.strip()]
    if empty:
        yield (
            f"found no name for column {', '.join(empty)} of {len(names)}; name every column (and remove row numbers "
            "that a program wrote in front)"
        )
    counts = Counter(name.casefold() for name in names if name.strip())
    repeated = [name for name in names if counts[name.casefold()] > 1]
    if repeated:
        forms = "" if "".join(repeated).isascii() else " and by more than the Unicode form of their letters"
        yield (
            f"found columns of the same name: {', '.join(repeated)}; rename them so that they differ by more "
            f"than upper and lower case{forms}"
        )


def _find_reserved(wanted: Sequence[str]) -> Iterator[str]:
    from ctdc_spark.settings.rules import RESERVED_COLUMNS  # here, as workers load this module and have no pydantic

    for name in wanted:
        if name.casefold() in RESERVED_COLUMNS:
            yield (
                f"column {name} has a name that the published tables need; rename it, or leave it out with use_columns"
            )


def _find_unknown(names: Sequence[str], settings: Settings) -> Iterator[str]:
    from ctdc_spark.settings.rules import name_columns  # here for the same reason

    named = {
        "use_columns": list(settings.use_columns),
        **name_columns(settings),
        "drop_rows": list(settings.drop_rows or {}),
    }
    if settings.subject_id is not None:
        named["subject_id"] = [settings.subject_id]
    for key, columns in named.items():
        for column in dict.fromkeys(columns):
            if column not in names:
                yield f"{key} names {column}, which is not a column of the data; {_suggest(column, names)}"


def _suggest(column: str, names: Sequence[str]) -> str:
    folded = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(column.strip().casefold(), list(folded), n=1)
    if close:
        return f"did you mean {folded[close[0]]}?"
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    return f"it has {', '.join(names[:_MOST_LISTED])}{more}"
