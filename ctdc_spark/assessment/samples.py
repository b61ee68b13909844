"""The samples that attackers and learners work on, as codes. Pure Arrow and numpy kernel."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ctdc_spark.assessment.holdout import DRAW

Codes = npt.NDArray[np.int32]

PART = "part"
TRAINING, HELD_OUT, SYNTHETIC = range(3)

FEWEST_RECORDS = 100
"""Of each kind: with fewer, intervals say nothing."""

MOST_LISTED = 50
"""The most values of a column with several values per record that become features: the most common ones."""


@dataclass(frozen=True)
class Samples:
    """Records of three kinds in random order; shape (records, features).

    A code of 0 means absent; equal codes of a feature mean equal values, in all three.

    Attributes:
        training: sensitive records that the release was made from.
        held_out: sensitive records that it never saw.
        synthetic: records of the release.
        columns: the input column of each feature; one with several values per record has a feature for each value.
        step: numbers of records are multiples of it, so that they do not reveal how many subjects there are.
    """

    training: Codes
    held_out: Codes
    synthetic: Codes
    columns: tuple[int, ...]
    step: int = 1

    def feature_of(self, column: int) -> int:
        """The feature of a column that has one value per record."""
        return self.columns.index(column)

    def knowing(self, feature: int) -> Samples:
        """The records in which a feature has a value; all of them where it has only one, or too few would be left.

        Absent is an answer for a flag. In a column of several values it is mostly a withheld value, from which an
        analyst learns nothing.
        """
        parts = [part[part[:, feature] > 0] for part in (self.training, self.held_out, self.synthetic)]
        training, held_out, synthetic = (part[: len(part) // self.step * self.step] for part in parts)
        if len(np.unique(training[:, feature])) < 2 or min(map(len, parts)) < FEWEST_RECORDS:
            return self
        return replace(self, training=training, held_out=held_out, synthetic=synthetic)


def read_samples(rows: pa.Table, step: int) -> Samples:
    """Encode the rows of the three parts.

    Args:
        rows: (part int, draw bigint, c0.. string or list of strings).
        step: each part is cut to a multiple of it.
    """
    ordered = rows.sort_by([(PART, "ascending"), (DRAW, "ascending")]).combine_chunks()
    part = np.asarray(ordered[PART])
    features: list[npt.NDArray[np.int32]] = []
    columns: list[int] = []
    for index in range(ordered.num_columns - 2):
        encoded = encode_column(ordered[f"c{index}"].combine_chunks(), part == SYNTHETIC)
        features += encoded
        columns += [index] * len(encoded)
    codes = np.column_stack(features)
    whole = (codes[part == kind] for kind in (TRAINING, HELD_OUT, SYNTHETIC))
    training, held_out, synthetic = (records[: len(records) // step * step] for records in whole)
    return Samples(training, held_out, synthetic, tuple(columns), step)


def encode_column(column: pa.Array, synthetic: npt.NDArray[np.bool_]) -> list[Codes]:
    """The features of a column: one, or for lists one for each of the values most common in synthetic records."""
    if not pa.types.is_list(column.type):
        return [_encode(column)]
    rows = np.repeat(np.arange(len(column)), np.asarray(pc.fill_null(pc.list_value_length(column), 0)))
    codes = _encode(column.flatten())
    held = np.bincount(codes[synthetic[rows]], minlength=1)
    common = [value for value in np.argsort(-held, kind="stable")[:MOST_LISTED] if held[value]]
    return [_mark(rows[codes == value], len(column)) for value in common]


def _encode(values: pa.Array) -> Codes:
    indices = pc.dictionary_encode(values).indices
    found: Codes = np.asarray(pc.fill_null(indices, -1)).astype(np.int32) + np.int32(1)
    return found


def _mark(rows: npt.NDArray[np.int64], number: int) -> Codes:
    held = np.zeros(number, np.int32)
    held[rows] = 1
    return held
