"""Combinations as text, in our form and in that of Synthetic Data Showcase, read back into columns and values.

ours     column:value;column:value, with a backslash before a colon, semicolon or backslash that separates nothing
theirs   the same without a backslash, so that only what is known of the attributes tells where one ends
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import TypeAlias

import pyarrow as pa

COMBINATIONS = "length int, combination array<struct<column: string, value: string>>, protected_count bigint"

Pairs: TypeAlias = "list[tuple[str, str]]"


class CombinationReader:
    """The kernel that yields COMBINATIONS from (text, protected_count); null where a text cannot be read.

    Attributes:
        known: attributes as (column, value), for their form; None: the texts are in our form.
    """

    def __init__(self, known: Collection[tuple[str, str]] | None = None) -> None:
        self._known = None if known is None else {f"{column}:{value}": (column, value) for column, value in known}
        self._columns = () if known is None else sorted({column for column, _ in known}, key=len, reverse=True)

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield COMBINATIONS."""
        kind = pa.list_(pa.struct([("column", pa.string()), ("value", pa.string())]))
        for batch in batches:
            read = [self._read(text or "") for text in batch.column(0).to_pylist()]
            lengths = pa.array([None if pairs is None else len(pairs) for pairs in read], pa.int32())
            structs = [None if pairs is None else [{"column": c, "value": v} for c, v in pairs] for pairs in read]
            yield pa.record_batch(
                [lengths, pa.array(structs, kind), batch.column(1)], names=["length", "combination", "protected_count"]
            )

    def _read(self, text: str) -> Pairs | None:
        return split_combination(text) if self._known is None else self.split_selections(text)

    def split_selections(self, text: str) -> Pairs | None:
        """The attributes of a text in their form: by known attributes, or else by known columns; None: not readable.

        Example:
            >>> CombinationReader([("a:b", "1"), ("c", "x;y")]).split_selections("a:b:1;c:x;y")
            [('a:b', '1'), ('c', 'x;y')]
        """
        readings = self._list_readings(text)
        if readings:
            return readings[0] if len(readings) == 1 else None
        pairs = [self._split_pair(part) for part in text.split(";")] if text else [None]
        return None if None in pairs else [pair for pair in pairs if pair is not None]

    def _list_readings(self, text: str) -> list[Pairs]:
        """At most two ways to see known attributes in a text, from left to right."""
        ends = [found.start() for found in re.finditer(";", text)] + [len(text)]
        readings: dict[int, list[Pairs]] = {0: [[]]}  # by the place where the next attribute begins
        for end in ends:
            here = [
                [*pairs, self._known[text[start:end]]]
                for start, several in readings.items()
                for pairs in several
                if self._known is not None and text[start:end] in self._known
            ]
            readings[end + 1] = here[:2]
        return readings[len(text) + 1]

    def _split_pair(self, part: str) -> tuple[str, str] | None:
        column = next((name for name in self._columns if part.startswith(f"{name}:")), part.partition(":")[0])
        value = part[len(column) + 1 :]
        return (column, value) if column and value else None


def split_combination(text: str) -> Pairs | None:
    r"""The attributes of `column:value;column:value`, with a backslash before non-separators; None: not readable.

    Example:
        >>> split_combination("sex:f;place:a\\;b:c")
        [('sex', 'f'), ('place', 'a;b:c')]
    """
    pairs = []
    for part in re.findall(r"(?:[^\\;]|\\.)+", text, re.DOTALL):
        found = re.fullmatch(r"((?:[^\\:]|\\.)+):(.*)", part, re.DOTALL)
        if found is None:
            return None
        column, value = (re.sub(r"\\(.)", r"\1", side, flags=re.DOTALL) for side in found.groups())
        pairs.append((column, value))
    return pairs or None
