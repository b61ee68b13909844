"""Where the named fields stand in a record: not every program writes as many names as fields.

    a,b,c       a,b,c,       a,b,c        "a","b","c"      ,a,b,c
    1,2,3       1,2,3        1,2,3,       "0",1,2,3        0,1,2,3
                trailing delimiter(s)     row names of R, row numbers of pandas

What is passed over has no name, so nobody could ask for it. In a field after a trailing delimiter nothing may stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class LineFacts:
    """What is known of a line without its text.

    Attributes:
        fields: how many it has; 0 if it is blank.
        ends_empty: its last field is empty.
        begins_with_number: its first field is a whole number, in quotes or not.
        spaced: there is white space between a quote and a delimiter.
    """

    fields: int
    ends_empty: bool
    begins_with_number: bool
    spaced: bool = False


@dataclass(frozen=True)
class Layout:
    """The fields of a record.

    Attributes:
        names: of the columns, in order.
        fields: number of fields of each record.
        positions: of the field of each name.
        empty: positions in which nothing may stand.
        remark: what was passed over; None: nothing.
    """

    names: tuple[str, ...]
    fields: int
    positions: tuple[int, ...]
    empty: tuple[int, ...] = ()
    remark: str | None = None


def plain_layout(names: Sequence[str]) -> Layout:
    """One field for each name."""
    return Layout(tuple(names), len(names), tuple(range(len(names))))


def find_layout(names: Sequence[str], following: Sequence[LineFacts]) -> Layout:
    """How records are laid out, by the header and by the lines after it that are not blank, if all are alike.

    Example:
        >>> find_layout(["a", "b"], [LineFacts(3, False, True)]).positions
        (1, 2)
    """
    number = len(names)
    lines = [line for line in following if line.fields]
    widths = {line.fields for line in lines}
    if len(widths) != 1 or number < 2:
        return plain_layout(names)
    (fields,) = widths
    all_named = all(names)
    if not names[-1] and all(names[:-1]) and fields in (number - 1, number):
        return _trailing(names[:-1], fields, (number - 1,) if fields == number else ())
    if all_named and fields == number + 1 and all(line.ends_empty for line in lines):
        return _trailing(names, number + 1, (number,))
    if all(line.begins_with_number for line in lines) and fields == number + all_named and all(names[1:]):
        named = tuple(names) if all_named else tuple(names[1:])
        return Layout(
            named,
            fields,
            tuple(range(1, len(named) + 1)),
            remark="the first field of each record has no name, as where a program writes row numbers; it is left out",
        )
    return plain_layout(names)


def _trailing(names: Sequence[str], fields: int, empty: tuple[int, ...]) -> Layout:
    remark = "lines end with a delimiter after the last column; it is passed over"
    return Layout(tuple(names), fields, tuple(range(len(names))), empty, remark)
