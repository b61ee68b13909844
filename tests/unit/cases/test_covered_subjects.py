"""Subjects with information are counted while records are encoded, and again by the proof; brute force agrees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest

from ctdc_spark.cases.coverage import join_covered
from ctdc_spark.cases.encode import encoder, join_parts
from ctdc_spark.cases.pack import pack_batches
from ctdc_spark.evaluation.coverage import HolderCounter
from ctdc_spark.proof.coverage import _CaseCounter, _RecordCounter
from ctdc_spark.records.blocks import decode_batches, to_rows
from ctdc_spark.records.dictionary import Dictionary
from ctdc_spark.records.records import concatenate

COLUMNS = ("a", "b", "several")
SCOPES = ((0,), (1,), (2,), (0, 1), (0, 1, 2))
DICTIONARY = Dictionary(COLUMNS, (0, 1, 2, 0, 2), ("x", "x", "x", "y", "y"), frozenset({2}))

Person = tuple[str | None, str | None, list[str]]


def draw(seed: int, number: int) -> list[Person]:
    rng = np.random.default_rng(seed)
    values = ["x", "y", f"rare {seed}", None]
    people: list[Person] = []
    for _ in range(number):
        one, other = (values[i] for i in rng.choice(4, 2))
        several = [str(value) for value in values[:3] if rng.random() < 0.3]
        people.append((one, other, several))
    return people


def pack(people: Sequence[Person]) -> list[pa.RecordBatch]:
    kinds = (pa.string(), pa.string(), pa.list_(pa.string()))
    arrays = [pa.array([one[i] for one in people], kind) for i, kind in enumerate(kinds)]
    packed = pack_batches([pa.record_batch(arrays, names=["c0", "c1", "c2"])])
    return [batch.select(["subjects", "values", "rows", "codes"]) for batch in packed]


def count(people: Sequence[Person]) -> list[list[int]]:
    """For each scope, people with a value and people with an attribute, by looking at each."""
    known = {(DICTIONARY.column_of[i], DICTIONARY.values[i]) for i in range(len(DICTIONARY))}
    found = [[0, 0] for _ in SCOPES]
    for person in people:
        values = [[value for value in (cell if isinstance(cell, list) else [cell]) if value] for cell in person]
        for numbers, scope in zip(found, SCOPES, strict=True):
            numbers[0] += any(values[column] for column in scope)
            numbers[1] += any((column, value) in known for column in scope for value in values[column])
    return found


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("sizes", [(40,), (30, 1, 25), (0, 5)])
def test_all_that_is_counted_beside_the_records_is_what_brute_force_counts(sizes: Sequence[int], parts: int) -> None:
    blocks = [draw(seed, size) for seed, size in enumerate(sizes)]
    batches = [batch for people in blocks for batch in pack(people)]
    everybody = [person for people in blocks for person in people]
    encoded = list(encoder(DICTIONARY, parts, SCOPES)(batches))
    of_part = [[row for row in encoded if row.column(0)[0].as_py() == part] for part in range(parts)]
    joined = [row for rows in of_part for row in join_covered(rows, join_parts)]
    numbers = [
        np.frombuffer(row.column("coverage")[0].as_py(), np.int64) for row in joined if row.column(3)[0].is_valid
    ]
    assert np.sum(numbers, axis=0).reshape(2, -1).T.tolist() == count(everybody)
    # and the records are what they are without it
    plain = concatenate(list(decode_batches(join_parts(encoder(DICTIONARY, 1)(batches))))).distinct()
    records = concatenate(list(decode_batches(joined))).distinct()
    assert records.attributes.tolist() == plain.attributes.tolist()
    assert records.weights.tolist() == plain.weights.tolist()


def add_up(rows: Sequence[pa.RecordBatch]) -> list[list[int]]:
    found: dict[int, Counter[str]] = {place: Counter() for place in range(len(SCOPES))}
    for row in (row for batch in rows for row in batch.to_pylist()):
        found[row.pop("scope")].update(row)
    return [[int(number) for _, number in sorted(one.items())] for _, one in sorted(found.items())]


def test_the_proof_counts_the_same() -> None:
    people = draw(5, 50)
    batches = pack(people)
    assert add_up(list(_CaseCounter(DICTIONARY, SCOPES)(batches))) == count(people)
    records = concatenate(list(decode_batches(join_parts(encoder(DICTIONARY, 1)(batches)))))
    listed = [[number, number] for _, number in count(people)]
    assert add_up(list(_RecordCounter(DICTIONARY, SCOPES)([to_rows(records)]))) == listed
    assert add_up(list(HolderCounter(DICTIONARY, SCOPES)([to_rows(records)]))) == [[number] for number, _ in listed]
