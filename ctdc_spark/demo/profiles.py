"""Kernel of the demo data: draws blocks of artificial case records from the latent-profile model.

Every record takes its own stretch of the Philox stream keyed by (seed, block), so a record depends on the
seed and its place in the data set and on nothing else. Blocks have a fixed size, whatever the size of the
data set and the number of partitions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ctdc_spark.demo.archetypes import KINDS
from ctdc_spark.demo.attribute import IntArray
from ctdc_spark.demo.countries import CITIZENSHIPS, EXPLOITATION_COUNTRIES
from ctdc_spark.demo.model import build_model
from ctdc_spark.demo.schema import (
    ALLOWED_VALUES,
    COLUMNS,
    EXPLOITATION_FLAGS,
    LABOUR_FLAGS,
    MEANS_FLAGS,
    RECRUITER_FLAGS,
    SEX_FLAGS,
)

BLOCK_ROWS = 10_000
"""Records of a block; part of what a seed means, so it never changes."""

_UNKNOWN, _NO, _YES = 0, 1, 2  # places in FLAG_VALUES
_AT_HOME = 1
_HOMES = np.array([EXPLOITATION_COUNTRIES.index(c) if c in EXPLOITATION_COUNTRIES else -1 for c in CITIZENSHIPS])
"""Citizenship -> the same country among those of exploitation, or -1."""


def generate_block(block: int, rows: int, seed: int) -> pa.RecordBatch:
    """Generate the first records of one block of artificial case records.

    Args:
        block: number of the block, from 0; it holds the records block * BLOCK_ROWS onwards.
        rows: how many of its records, 1..BLOCK_ROWS; the first ones are the same whatever `rows` is.
        seed: 0..2^64-1.

    Returns:
        `rows` records of 27 string columns in the order of `schema.COLUMNS`, without nulls.
    """
    assert 0 <= block < 2**64
    assert 0 < rows <= BLOCK_ROWS
    codes = _draw_attributes(_draw_uniform(block, rows, seed))
    columns = _encode_columns(codes)
    arrays = [pa.array(ALLOWED_VALUES[name], pa.string()).take(pa.array(columns[name])) for name in COLUMNS]
    return pa.RecordBatch.from_arrays(arrays, names=list(COLUMNS))


def _draw_uniform(block: int, rows: int, seed: int) -> IntArray:
    """Whole numbers uniform on 0..2^32-1, (draws, rows); record r takes the r-th stretch of the stream."""
    stretch = -(-len(build_model()) // 2)  # two draws from one raw number
    bits = np.random.Philox(key=np.array([seed, block], dtype=np.uint64))
    raw = np.asarray(bits.random_raw(rows * stretch), dtype=np.uint64).reshape(rows, stretch).T
    halves = np.concatenate([raw >> np.uint64(32), raw & np.uint64(0xFFFFFFFF)])
    return halves.astype(np.int64)


def _draw_attributes(uniform: IntArray) -> dict[str, IntArray]:
    """Attribute -> (rows,) values, each drawn given those before it."""
    codes: dict[str, IntArray] = {}
    for attribute, draws in zip(build_model(), uniform, strict=False):
        codes[attribute.name] = attribute.draw(codes, draws)
    return codes


def _encode_columns(codes: dict[str, IntArray]) -> dict[str, IntArray]:
    """Column -> (rows,) places in `ALLOWED_VALUES[column]`."""
    columns = {
        "yearOfRegistration": codes["year"],
        "gender": codes["gender"],
        "ageBroad": codes["age"],
        "citizenship": np.where(codes["citizenship_known"] == 1, 1 + codes["citizenship"], _UNKNOWN),
        "CountryOfExploitation": _place_country(codes),
        "traffickMonths": codes["months"],
    }
    for flag, kind in zip(EXPLOITATION_FLAGS, ("labour", "sexual", "other"), strict=True):
        columns[flag] = _flag_kind(kind)[codes["kind"]]
    columns |= {flag: codes[flag] for flag in MEANS_FLAGS}
    columns |= _split_flags(RECRUITER_FLAGS, codes["recruiter"], [{place} for place in (2, 3, 4, 5)])
    columns |= _split_flags(LABOUR_FLAGS, codes["labour_type"], [{place} for place in (2, 3, 4, 5)])
    columns |= _split_flags(SEX_FLAGS, codes["sex_type"], [{2, 4}, {3, 4}])
    return columns


def _place_country(codes: dict[str, IntArray]) -> IntArray:
    """Country of exploitation: the citizenship of those at home, if it is one, else the destination."""
    home = _HOMES[codes["citizenship"]]
    stays = (codes["whereabouts"] == _AT_HOME) & (home >= 0)
    return np.where(codes["whereabouts"] == _UNKNOWN, _UNKNOWN, 1 + np.where(stays, home, codes["destination"]))


def _flag_kind(part: str) -> IntArray:
    """Kind of exploitation -> the flag that says whether `part` belongs to it."""
    return np.array([_UNKNOWN if kind == "unknown" else _YES if part in kind else _NO for kind in KINDS])


def _split_flags(flags: Sequence[str], codes: IntArray, places: Sequence[set[int]]) -> dict[str, IntArray]:
    """Flag -> yes where the value is one of its `places`, unknown where it is 0, else no."""
    size = 1 + max(max(place) for place in places)
    tables = [[_UNKNOWN, *(_YES if value in place else _NO for value in range(1, size))] for place in places]
    return {flag: np.array(table)[codes] for flag, table in zip(flags, tables, strict=True)}
