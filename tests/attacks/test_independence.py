"""A fault in the counting engine cannot hide: the proof has no code in common with it, and finds it.

They share only the form of records: their layout in arrays and in rows of bytes.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import ctdc_spark
from ctdc_spark.cases import dictionary as engine_dictionary
from ctdc_spark.cases import encode as engine_encode
from ctdc_spark.cases.dictionary import ALL_SUBJECTS
from ctdc_spark.cases.pack import pack_batches
from ctdc_spark.combinations import projection, protect
from ctdc_spark.combinations.counting import Counter, Cutter
from ctdc_spark.combinations.frontier import Cells
from ctdc_spark.combinations.plan import CountingPlan, Limits, Unit
from ctdc_spark.proof import encoding, gate, reported
from ctdc_spark.proof.candidates import list_candidates
from ctdc_spark.proof.terms import NOT_REPORTED, Terms
from ctdc_spark.records.blocks import decode_batches, gather, pack_records
from ctdc_spark.records.counts import ExactCounts
from ctdc_spark.records.dictionary import Dictionary, order_attributes
from ctdc_spark.records.records import Records

ROOT = Path(ctdc_spark.__file__).parent

Known = tuple[Dictionary, ExactCounts]

MAY_IMPORT: dict[str, set[str]] = {
    "ctdc_spark.errors": {"DataError", "PrivacyGateError"},
    "ctdc_spark.records.records": {"Ids", "Longs", "Records", "concatenate", "offsets_of", "unpack_numbers"},
    "ctdc_spark.records.blocks": {
        "UNIT_BLOCKS", "ENCODED_RECORDS", "STORED_CELLS", "collect_blocks", "pack_block", "pack_pieces",
        "decode_batches", "unpack_blocks",
    },
    "ctdc_spark.records.counts": {"ExactCounts"},  # named numbers; the code that protects them is not included
    "ctdc_spark.records.coverage": {"Coverage"},  # named numbers as well
    "ctdc_spark.records.dictionary": {"Dictionary"},  # the type of the data; counting its attributes is not included
    "ctdc_spark.engine.partitioning": {"MOST_PLACED", "keys_of"},  # numbers of partitions; no row passes through it
}  # fmt: skip
"""What modules of the proof may import from outside it when they run, and which names from there."""

GLUE = (
    "verification.group_size",
    "verification.published",
    "verification.checks",
    "verification.coverage",
    "verification.external_files",
    "verification.differential_privacy",
)
"""Modules that read both sides and hand them to the proof."""

NOT_FOR_GLUE = (
    "combinations",
    "synthesis",
    "evaluation",
    "cases.encode",
    "cases.plain",
    "engine.partitioning",
    "protections",
)
"""What no verifying code may reach, except MAY_IMPORT from the proof itself."""

FORM_ONLY = "ctdc_spark.cases.reported_counts"
"""Reads a file of reported counts, if these are the input: preparation, like reading case records."""


@cache
def imports_of(module: str) -> dict[str, set[str]]:
    """The modules and names that a module imports from ctdc_spark at run time; imports for types are left out."""
    path = ROOT.joinpath(*module.split(".")[1:])
    tree = ast.parse((path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text(encoding="utf-8"))
    found: dict[str, set[str]] = {}
    for node in _run_nodes(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "ctdc_spark":
            for name in node.names:
                inner = f"{node.module}.{name.name}"
                is_module = _is_module(inner)
                found.setdefault(inner if is_module else str(node.module), set()).update(
                    set() if is_module else {name.name}
                )
        elif isinstance(node, ast.Import):
            for name in node.names:
                if name.name.split(".")[0] == "ctdc_spark":
                    found.setdefault(name.name, set())
    return found


def _is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split(".")[1:])
    return path.is_dir() or path.with_suffix(".py").is_file()


def _run_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those below `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
            continue
        yield child
        yield from _run_nodes(child)


def modules_of_the_proof() -> list[str]:
    return [
        f"ctdc_spark.proof.{path.stem}" for path in sorted((ROOT / "proof").glob("*.py")) if path.stem != "__init__"
    ]


def reached_from(module: str, through: Callable[[str], bool]) -> set[str]:
    """All modules imported with one, directly or through modules that `through` allows."""
    found, waiting = set[str](), [module]
    while waiting:
        for name in imports_of(waiting.pop()):
            if name not in found:
                found.add(name)
                waiting += [name] * through(name)
    return found


@pytest.mark.parametrize("module", modules_of_the_proof())
def test_the_proof_imports_the_form_of_records_and_nothing_else(module: str) -> None:
    for name, names in imports_of(module).items():
        if not name.startswith("ctdc_spark.proof."):
            assert name in MAY_IMPORT, f"{module} imports {name}"
            assert names <= MAY_IMPORT[name], f"{module} imports {names - MAY_IMPORT[name]} of {name}"


@pytest.mark.parametrize("module", modules_of_the_proof())
def test_nothing_else_comes_along_with_what_the_proof_imports(module: str) -> None:
    reached = {name for name in reached_from(module, lambda _: True) if not name.startswith("ctdc_spark.proof.")}
    assert reached <= {"ctdc_spark.addresses"} | set(MAY_IMPORT)  # errors hide secrets in addresses


@pytest.mark.parametrize("module", [f"ctdc_spark.{name}" for name in GLUE])
def test_what_hands_both_sides_to_the_proof_does_not_reach_what_made_them(module: str) -> None:
    reached = reached_from(module, lambda name: name != FORM_ONLY and name not in MAY_IMPORT)
    outside = {name.removeprefix("ctdc_spark.") for name in reached - {FORM_ONLY}}
    allowed_to_the_proof = {name.removeprefix("ctdc_spark.") for name in MAY_IMPORT}
    of_the_proof = {name for name in outside if name.startswith("proof")}
    wrong = {
        name
        for name in outside - of_the_proof
        if any(name == one or name.startswith(f"{one}.") for one in NOT_FOR_GLUE) and name not in allowed_to_the_proof
    }
    assert not wrong
    assert not {name for name in imports_of(module) if name.startswith("ctdc_spark.engine.partitioning")}


# --- faults planted in the engine's own functions, so that any other caller would be wrong as well


def plant(monkeypatch: pytest.MonkeyPatch, function: Any, fault: Any) -> None:
    """Replace a function's code, wherever it was imported."""
    monkeypatch.setattr(function, "__code__", fault.__code__)


def gather_without_the_last(batches: Any) -> Any:
    yield from list(decode_batches(batches))[:-1]


def gather_twice(batches: Any) -> Any:
    for records in decode_batches(batches):
        yield records
        yield records


def cut_without_the_last(units: Any, cells: Any) -> Any:
    for number, rows in enumerate(rows_by_number(units)):  # type: ignore[name-defined]  # noqa: F821
        if len(rows) > 1:
            yield number, cells[rows[:-1]]


def cut_too_early(records: Any, rows: Any, cells: Any) -> Any:
    lengths = records.offsets[1:][rows] - records.offsets[:-1][rows]
    kept = runs(records.offsets[:-1][rows], lengths)  # type: ignore[name-defined]  # noqa: F821
    return Records(records.attributes[kept], offsets_of(lengths), records.weights[rows] + 1)  # type: ignore[name-defined]  # noqa: F821


def count_too_many(self: Any, keys: Any, blocks: Any, ways: Any, size: Any) -> Any:
    counts = np.bincount(keys, minlength=size)
    return counts + 3 * (counts > 0)


def count_too_many_cells(self: Any, cell: Any) -> Any:
    counts = np.bincount(self.attribute[cell], minlength=self.width)
    return counts + 3 * (counts > 0)


def protect_upwards(count: int, threshold: int, precision: int) -> int | None:
    return -(-count // precision) * precision if count > threshold - precision else None


def merge_and_add(self: Any) -> Any:
    return Records(self.attributes, self.offsets, self.weights + 1)


def take_rare_values_for_the_first(values: Any, row: Any, code: Any, ids: Any) -> Any:
    found = np.array([ids.get(value, min(ids.values(), default=-1)) for value in values], np.int32)[code]
    return row[found >= 0], found[found >= 0]


def count_values_twice(batches: Any) -> Any:
    for batch in batches:
        subjects, values, counts = batch.columns
        rows = [(ALL_SUBJECTS, None, 2 * pc.sum(subjects).as_py())]  # type: ignore[name-defined]  # noqa: F821
        for block_values, block_counts in zip(values.to_pylist(), counts.to_pylist(), strict=True):
            for column, (some, held) in enumerate(zip(block_values, block_counts, strict=True)):
                rows += [(column, value, 2 * count) for value, count in zip(some, held, strict=True)]
        columns = [pa.array(part) for part in zip(*rows, strict=True)]
        yield pa.record_batch(columns, names=["column_index", "value", "count"])


FAULTS = {
    "gather loses a block": (gather, gather_without_the_last),
    "gather reads every block twice": (gather, gather_twice),
    "a cut loses the last record of every block": (projection._by_unit, cut_without_the_last),
    "a cut keeps what comes before it, and adds a subject": (projection.suffixes, cut_too_early),
    "the kernel counts three subjects too many": (Cells.count, count_too_many),
    "the kernel counts three subjects too many of single attributes": (Cells.count_cells, count_too_many_cells),
    "counts are rounded up": (protect.protect_count, protect_upwards),
    "merging equal records adds subjects": (Records.condense, merge_and_add),
    "making records distinct adds subjects": (Records.distinct, merge_and_add),
    "rare values are encoded as frequent ones": (engine_encode._look_up, take_rare_values_for_the_first),
    "values are counted twice": (engine_dictionary._count_blocks, count_values_twice),
}

K, PRECISION, LENGTH = 10, 2, 3
TERMS = Terms(K, PRECISION, LENGTH)


def packed_cases() -> list[pa.RecordBatch]:
    """PACKED_CASES of 400 subjects in three blocks: columns of six skewed values, of which some are rare."""
    rng = np.random.default_rng(29)
    drawn = rng.choice(7, (400, 5), p=[0.4, 0.25, 0.15, 0.1, 0.07, 0.02, 0.01])
    blocks = []
    for part in np.array_split(drawn, 3):
        columns = [pa.array([None if value == 0 else f"v{value}" for value in column]) for column in part.T.tolist()]
        blocks += list(pack_batches([pa.record_batch(columns, names=[f"c{i}" for i in range(5)])]))
    return blocks


def engine_reads(packed: list[pa.RecordBatch]) -> tuple[Known, list[pa.RecordBatch]]:
    """The dictionary and ENCODED_RECORDS as stage `cases` makes them."""
    counts: dict[tuple[int, str | None], int] = {}
    for batch in engine_dictionary._count_blocks([b.select(["subjects", "values", "counts"]) for b in packed]):
        for column, value, count in zip(*(part.to_pylist() for part in batch.columns), strict=True):
            counts[column, value] = counts.get((column, value), 0) + count
    subjects = counts.pop((ALL_SUBJECTS, None), 0)
    columns = tuple(f"c{i}" for i in range(5))
    found = order_attributes(
        ((n, c, v) for (c, v), n in counts.items() if v is not None and n >= K), columns, (K, PRECISION)
    )
    known = known_of(columns, found, subjects)
    encode = engine_encode.encoder(known[0], 1)
    blocks = [encode([batch.select(["subjects", "values", "rows", "codes"])]) for batch in packed]
    # one block of records for each block of cases, as larger data have several
    return known, [piece for block in blocks for piece in engine_encode.join_parts(block)]


def known_of(columns: tuple[str, ...], found: list[tuple[int, int, str]], subjects: int) -> Known:
    counts, column_of, values = zip(*found, strict=True)
    return Dictionary(columns, column_of, values), ExactCounts(counts, subjects)


def engine_counts(records: list[pa.RecordBatch], width: int) -> dict[tuple[int, ...], int]:
    """Frequent combinations by the kernels of the counting engine, over two units."""
    units = (Unit((), 0, width // 2), Unit((), width // 2, width))
    plan = CountingPlan(units, Limits(K, LENGTH), width, records=0, cost=0.0, largest_unit=0)
    cut = sorted(Cutter(units, width)(records), key=lambda block: block.column(0)[0].as_py())
    found: dict[tuple[int, ...], int] = {}
    for batch in Counter(plan)(cut):
        found |= dict(zip(map(tuple, batch.column(0).to_pylist()), batch.column(1).to_pylist(), strict=True))
    return found


def proof_reads(packed: list[pa.RecordBatch]) -> tuple[Known, list[pa.RecordBatch]]:
    """The dictionary and ENCODED_RECORDS as the proof makes them."""
    counts: dict[tuple[int, str | None], int] = {}
    for batch in encoding.count_blocks([b.select(["subjects", "values", "rows", "codes"]) for b in packed]):
        for column, value, count in zip(*(part.to_pylist() for part in batch.columns), strict=True):
            counts[column, value] = counts.get((column, value), 0) + count
    subjects = counts.pop((encoding.EVERYBODY, None))
    found = sorted((n, c, v) for (c, v), n in counts.items() if v is not None and n >= K)
    known = known_of(tuple(f"c{i}" for i in range(5)), found, subjects)
    encode = encoding.BlockEncoder(known[0], 1)
    blocks = encode([batch.select(["subjects", "values", "rows", "codes"]) for batch in packed])
    return known, list(encoding.join_equal(blocks))


def proof_finds(
    said: dict[tuple[int, ...], int], subjects: int | None, records: list[pa.RecordBatch], known: Known
) -> set[str]:
    """Checks that fail for these protected counts and for records that hold each of them, in the proof's kernels."""
    dictionary, counts = known
    edges = np.array([0, len(dictionary) // 2, len(dictionary)])
    asked = Records.from_lists([list(combination) for combination in said])
    blocks = [*gate.Placer(edges)([pack_records(asked)]), *gate.Cutter(edges)(records)]
    blocks.sort(key=lambda block: (block.column(0)[0].as_py(), not block.column(4)[0].as_py()))
    failed = set()
    for batch in gate.count_unit_support(blocks):
        failed |= {"records"} if min(batch.column(1).to_pylist(), default=K) < K else set()
    singles = {combination[0]: count for combination, count in said.items() if len(combination) == 1}
    right = dict(enumerate(TERMS.protect(np.array(counts.of_attribute)).tolist()))
    failed |= {"singles"} if singles != {i: count for i, count in right.items() if count != NOT_REPORTED} else set()
    failed |= {"subjects"} if subjects != TERMS.protect(np.array([counts.subjects])).tolist()[0] else set()
    weighted = Records.from_lists([list(one) for one in said], list(said.values()))
    candidates = list_candidates(weighted, LENGTH, len(dictionary))
    partial = list(reported.CandidateCounter(candidates)(records))
    for batch in reported.CountChecker(candidates, TERMS)(partial):
        failed |= {
            kind for kind, number in zip(*map(pa.Array.to_pylist, batch.columns[::2][:2]), strict=True) if number
        }
    return failed


def renumber(
    said: dict[tuple[int, ...], int], theirs: Dictionary, ours: Dictionary
) -> dict[tuple[int, ...], int] | None:
    """Combinations in the proof's numbering, converted through the published names; None: a name is unknown."""
    number = {pair: i for i, pair in enumerate(zip(ours.column_of, ours.values, strict=True))}
    names = list(zip(theirs.column_of, theirs.values, strict=True))
    if any(names[attribute] not in number for combination in said for attribute in combination):
        return None
    return {tuple(sorted(number[names[a]] for a in combination)): count for combination, count in said.items()}


def check_a_release() -> set[str]:
    """The proof's findings on a release that the engine counted."""
    packed = packed_cases()
    (theirs, their_counts), their_records = engine_reads(packed)
    exact = engine_counts(list(their_records), len(theirs))
    protected = {one: protect.protect_count(count, K, PRECISION) for one, count in exact.items()}
    said = {one: count for one, count in protected.items() if count is not None}
    known, our_records = proof_reads(packed)
    renumbered = renumber(said, theirs, known[0])
    if renumbered is None:
        return {"values"}
    return proof_finds(renumbered, protect.protect_count(their_counts.subjects, K, PRECISION), our_records, known)


def test_a_sound_release_passes() -> None:
    assert check_a_release() == set()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_engine_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, *FAULTS[fault])
    assert check_a_release()


@pytest.mark.parametrize("fault", FAULTS)
def test_what_the_proof_counts_is_the_same_whatever_the_engine_does(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = packed_cases()
    before = proof_reads(packed)
    plant(monkeypatch, *FAULTS[fault])
    known, records = proof_reads(packed)
    dictionary = known[0]
    assert known == before[0]
    assert records == before[1]
    pairs = Records.from_lists([[a, b] for b in range(len(dictionary)) for a in range(b)])
    edges = np.array([0, 3, len(dictionary)])
    blocks = [*gate.Placer(edges)([pack_records(pairs)]), *gate.Cutter(edges)(records)]
    blocks.sort(key=lambda block: (block.column(0)[0].as_py(), not block.column(4)[0].as_py()))
    counted: dict[tuple[int, ...], int] = {}
    for batch in gate.count_unit_support(blocks):
        counted |= dict(zip(map(tuple, batch.column(0).to_pylist()), batch.column(1).to_pylist(), strict=True))
    written = [
        set(part.attributes[low:high].tolist())
        for part in decode_batches(records)
        for low, high, weight in zip(part.offsets[:-1], part.offsets[1:], part.weights, strict=True)
        for _ in range(weight)
    ]
    assert counted == {(a, b): sum({a, b} <= one for one in written) for a, b in counted}
    assert len(counted) == len(pairs)
