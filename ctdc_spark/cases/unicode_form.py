"""One form for text that looks the same: Unicode's NFC.

An é may be one code point or an e followed by an accent. Mac computers write file names in the second form, and what
was typed or copied there may be in it. Without one form, one town would be two.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.settings import Settings

FORM: Final = "NFC"


def is_normalized(settings: Settings) -> bool:
    """Whether text is brought into one form."""
    return settings.normalize_text is not False


def normalize_names(names: Sequence[str], settings: Settings) -> tuple[str, ...]:
    """The names of columns in one form, unless the settings keep them as they are."""
    return tuple(unicodedata.normalize(FORM, name) for name in names) if is_normalized(settings) else tuple(names)


def normalize_texts(frame: DataFrame, settings: Settings) -> DataFrame:
    """The string columns of a frame in one form, unless the settings keep them as they are; other columns stay."""
    return frame.mapInArrow(TextKernel(normal=True), frame.schema) if is_normalized(settings) else frame


@dataclass(frozen=True)
class TextKernel:
    """Brings text into one form, and leaves out what is no record.

    Attributes:
        normal: whether the form changes.
        marked: the last column says why a row is no record; such rows, and the column, are left out. Spark would work
            that column out once more for a condition of its own, however many columns it is made of.
    """

    normal: bool
    marked: bool = False

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the batches. Text in ASCII is passed on as it is."""
        for batch in batches:
            names, columns = batch.schema.names, batch.columns
            if self.marked:
                *names, _ = names
                *columns, mark = columns
                columns = (
                    [column.filter(pc.is_null(mark)) for column in columns] if mark.null_count < len(mark) else columns
                )
            yield pa.record_batch([_normalize(c) if self.normal else c for c in columns], names=names)


def _normalize(column: pa.Array) -> pa.Array:
    kind = column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)) or pc.all(pc.string_is_ascii(column)).as_py():
        return column
    written = pc.dictionary_encode(column)
    return pc.take(pc.utf8_normalize(written.dictionary, FORM), written.indices)


def list_lookalikes(names: Sequence[str]) -> list[str]:
    """A remark if names differ in code points only: they look the same, and are not."""
    alike: dict[str, list[str]] = defaultdict(list)
    for name in names:
        alike[unicodedata.normalize(FORM, name).casefold()].append(name)
    found = [several for several in alike.values() if len(set(several)) > 1]
    return [
        f"columns that look the same differ in the code points of their names: {', '.join(several)}; "
        "normalize_text: true brings them into one form"
        for several in found
    ]
