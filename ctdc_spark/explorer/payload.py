"""What the page carries: descriptions as JSON, records and combinations as packed arrays.

| array | holds |
|---|---|
| `lengths`, `weights` | attributes of each distinct record, and how many records are identical |
| `ids` | attribute ids, record by record; within a record, the difference from the previous one |
| `c<l>_<j>` | j-th attribute ids of the combinations of length l, as differences down the column |
| `a<l>` | protected counts of these combinations, in steps of `count_step` |
| `e<l>` | estimated minus protected counts of these combinations, signs folded |
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import numpy as np

from ctdc_spark.explorer.arrays import PackedArrays, Whole, fold_signs, pack_arrays, wrap_differences
from ctdc_spark.explorer.data import Coverage, PageData, Reported
from ctdc_spark.explorer.intervals import GOOD, ROUGH, Intervals, learn_intervals
from ctdc_spark.records.records import Records


def pack_page(data: PageData) -> PackedArrays:
    """The records and combinations of a page."""
    width = id_width(data)
    arrays = _list_records(sort_records(data.records))
    for length, block in enumerate(data.reported, start=1):
        arrays |= _list_combinations(block, length, (count_step(data), width))
    return pack_arrays(arrays)


def id_width(data: PageData) -> int:
    """Bytes of an attribute id in running sums."""
    return 2 if len(data.layout.attributes) < 2**16 else 4


def count_step(data: PageData) -> int:
    """The common divisor of all actual counts: the precision, or 1 if noise rather than rounding protects them."""
    precision = data.release.precision
    return 1 if any(np.any(block.actual % precision) for block in data.reported) else precision


def describe_page(data: PageData, directory: dict[str, tuple[int, int]]) -> dict[str, Any]:
    """Everything but the arrays, for JSON."""
    shown = int(data.records.weights.sum())
    return {
        "release": asdict(data.release),
        **asdict(data.layout),
        "metrics": [asdict(metric) for metric in data.metrics],
        "pages": data.pages,
        "coverage": asdict(data.coverage or Coverage.unknown(data.layout)),
        "logo": data.logo,
        "shown_records": shown,
        "shown_length": len(data.reported),
        "id_width": id_width(data),
        "count_step": count_step(data),
        "intervals": _list_intervals(learn_intervals(data)),
        "arrays": directory,
    }


def _list_intervals(intervals: Intervals) -> dict[str, Any]:
    lengths = [
        {
            "classes": [(found.start, found.low, found.high) for found in length.classes],
            "extrapolated": length.extrapolated,
            "learnt": sum(found.learnt for found in length.classes),
            "checked": length.checked,
        }
        for length in intervals.lengths
    ]
    return {"lengths": lengths, "floor": intervals.floor, "good": GOOD, "rough": ROUGH}


def encode_json(payload: dict[str, Any]) -> str:
    """Write JSON that is safe inside a script element.

    It is ASCII, so that no encoding can be mistaken and a lone surrogate can be written; and it has no `<`, `>` or
    `&`, so that neither `</script>` nor `<!--` can occur, whatever the values hold.
    """
    text = json.dumps(payload, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def sort_records(records: Records) -> Records:
    """The same records in lexicographic order: similar neighbours compress best, and no other order is revealed."""
    if not len(records.attributes):
        return records
    width = int(records.lengths.max())
    table = np.full((len(records), width), -1, np.int32)
    row = np.repeat(np.arange(len(records)), records.lengths)
    table[row, np.arange(len(records.attributes)) - records.offsets[:-1][row]] = records.attributes
    return records.take(np.lexsort(table.T[::-1]))


def _list_records(records: Records) -> dict[str, Whole]:
    steps = np.diff(records.attributes, prepend=np.int32(0))
    first = records.offsets[:-1][records.lengths > 0]
    steps[first] = records.attributes[first]
    return {"lengths": records.lengths, "weights": records.weights, "ids": steps}


def _list_combinations(block: Reported, length: int, scale: tuple[int, int]) -> dict[str, Whole]:
    step, width = scale
    arrays: dict[str, Whole] = {
        f"c{length}_{j}": wrap_differences(block.combinations[:, j], width) for j in range(length)
    }
    arrays[f"a{length}"] = block.actual // step
    arrays[f"e{length}"] = fold_signs(block.estimated - block.actual)
    return arrays
