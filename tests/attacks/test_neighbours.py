"""Whole releases of two tables that differ in one person, but in nothing that may be known, are the same.

What may be known: protected counts, and the guarantee's answers of yes or no (`tests/oracles/neighbours.py` finds such
pairs by trial). If a release depended on anything else, a number, an order or a file size, it would show here.
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ctdc_spark.pipeline.progress import Progress
from ctdc_spark.pipeline.run import STAGES, run_stages, stages_of_job
from ctdc_spark.release.contracts import SYNTHETIC_MICRODATA
from ctdc_spark.settings import build_settings
from ctdc_spark.synthesis.calibrated import training
from tests.oracles.neighbours import AGE, CITY, COLUMNS, EDGES, MEANS, SUBJECT, Pair, Terms, find_pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import SparkSession

    from ctdc_spark.pipeline.run import AnyStage

TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?([.,]\d+)?(Z|\+00:00)?|\d\d [A-Z][a-z]+ \d{4}")
RANDOM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b\d{16}\b")
"""File names, and the number of a publication, which is its time in microseconds."""

OF_THE_RUN = ("timestamp", "modificationTime", "createdTime", "lastUpdated", "txnId")
"""Keys of Delta's log that state when and by whom."""


@dataclass(frozen=True)
class Mode:
    """A kind of release.

    Attributes:
        terms: what is protected.
        keys: its settings.
    """

    terms: Terms
    keys: dict[str, Any]


AWKWARD: dict[str, Any] = {
    "subject_id": SUBJECT,
    "multi_value_columns": {MEANS: ";"},
    "bins": {AGE: {"quantiles": 3}},
    "group_rare_values": {CITY: {"into": "Other"}},
}
PLAIN: dict[str, Any] = {
    "use_columns": list(COLUMNS),
    "multi_value_columns": {MEANS: ";"},
    "bins": {AGE: {"edges": list(EDGES)}},
    "group_rare_values": {CITY: {}},
}
FINE: dict[str, Any] = {"reporting_threshold": 6, "reporting_precision": 2, "accept_derivable_counts": True}
MODES = {
    "strict, several rows a person, quantiles": Mode(Terms(several_rows=True, quantiles=True), AWKWARD),
    "strict, all lengths": Mode(Terms(length=-1), PLAIN),
    "strict, triples, a number of records": Mode(Terms(length=3), {**PLAIN, "target_number_of_records": 60}),
    "strict, a finer precision": Mode(Terms(threshold=6, precision=2), {**PLAIN, **FINE}),
    "a number, the reporting length": Mode(Terms(), {**PLAIN, "guarantee": 2}),
    "a number above it, quantiles": Mode(
        Terms(quantiles=True), {**PLAIN, "guarantee": 3, "bins": {AGE: {"quantiles": 3}}}
    ),
    "k_synthetic": Mode(Terms(nobody_known=True), {**PLAIN, "guarantee": "k_synthetic"}),
    "k_synthetic, all lengths, a finer precision": Mode(
        Terms(threshold=6, precision=2, length=-1, nobody_known=True), {**PLAIN, **FINE, "guarantee": "k_synthetic"}
    ),
}
WHOLE = "strict, several rows a person, quantiles"
COUNTED = "a number, the reporting length"
ALSO = (COUNTED, "k_synthetic, all lengths, a finer precision")
"""At length, as the others with further seeds."""


@pytest.fixture(autouse=True)
def _little_effort(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer rounds and seeds; training depends on the same things."""
    little = partial(training.Effort, rounds=4, from_combinations=300, from_candidates=600, work=3e6)
    monkeypatch.setattr(training, "Effort", little)


def run(
    spark: SparkSession, folder: Path, source: dict[str, Any], mode: Mode, stages: Sequence[AnyStage]
) -> list[dict[str, Any]]:
    """The output of the stages, without times."""
    keys = source
    if "reporting_threshold" not in mode.keys:
        keys = {**keys, "reporting_resolution": mode.terms.threshold}
    settings = build_settings(
        {
            "output_dir": str(folder / "release"),
            "sensitive_dir": str(folder / "sensitive"),
            "staging_dir": str(folder / "staging"),
            "release_id": "r1",
            "seed": 5,
            "reporting_length": mode.terms.length,
            "keep_intermediates": True,
            **keys,
        }
    )
    lines = io.StringIO()
    run_stages(spark, settings, Progress("r1", terminal=False, lines=lines), chosen=stages)
    said = [json.loads(line) for line in lines.getvalue().splitlines()]
    return [{k: v for k, v in one.items() if k not in ("seconds", "driver_mb", "place", "page")} for one in said]


def run_both(spark: SparkSession, folder: Path, pair: Pair, mode: Mode, stages: Sequence[AnyStage]) -> None:
    """Both tables' releases, in `before` and `after`; the stages' output is the same."""
    said = []
    for after in (False, True):
        place = folder / ("after" if after else "before")
        path = pair.write(place, COLUMNS, after=after)
        said.append(run(spark, place, {**mode.keys, "sensitive_microdata_path": str(path)}, mode, stages))
    assert said[0] == said[1]


def staged(spark: SparkSession, folder: Path) -> dict[str, Any]:
    """The rows that wait to be published, in no particular order, and the ledger's row."""
    place = folder / "staging" / "r1"
    found: dict[str, Any] = {}
    for table in sorted(path for path in place.iterdir() if path.is_dir()):
        rows = spark.read.parquet(str(table)).collect()
        found[table.name] = sorted(json.dumps(row.asDict(recursive=True), sort_keys=True) for row in rows)
    seal = json.loads((place / "seal.json").read_text(encoding="utf-8"))
    found["seal"] = {key: seal[key] for key in ("columns", "combinations", "ledger")}
    return found


def published(folder: Path) -> dict[str, list[Any]]:
    """All published files by folder and ending: data files byte for byte, others without times and random names."""
    found: dict[str, list[Any]] = {}
    for path in sorted((folder / "release").rglob("*")):
        if path.is_dir() or path.suffix == ".crc":
            continue
        key = f"{path.relative_to(folder / 'release').parent} {path.suffix}"
        if "releases" in path.parts:  # the ledger's row has a time in it
            found.setdefault(key, []).append("the ledger")
        elif path.suffix == ".parquet":
            found.setdefault(key, []).append(path.read_bytes())
        elif "_delta_log" in path.parts:
            found.setdefault(key, []).append(list(map(_without_times, map(json.loads, path.read_text().splitlines()))))
        else:
            text = path.read_text(encoding="utf-8")
            found.setdefault(key, []).append(RANDOM.sub("", TIME.sub("", text)))
    return {key: sorted(values, key=repr) for key, values in found.items()}


def _without_times(entry: Any) -> Any:
    if isinstance(entry, dict):
        return {key: _without_times(value) for key, value in entry.items() if key not in OF_THE_RUN}
    if isinstance(entry, list):
        return [_without_times(part) for part in entry]
    if isinstance(entry, int) and entry > 10**15:
        return "the publication"
    return RANDOM.sub("", TIME.sub("", entry)) if isinstance(entry, str) else entry


def require_same_staged(spark: SparkSession, folder: Path) -> None:
    before, after = (staged(spark, folder / name) for name in ("before", "after"))
    for name, rows in before.items():
        assert rows == after[name], name
    assert before[SYNTHETIC_MICRODATA]
    assert before["coverage"]
    assert any('"k_marginal"' in row for row in before["evaluation_metrics"])


@pytest.mark.parametrize(
    "name",
    [
        WHOLE,
        *(
            pytest.param(name, marks=pytest.mark.at_length("further guarantees; strict is in the gate"))
            for name in ALSO
        ),
    ],
)
def test_what_will_be_published_is_the_same(spark: SparkSession, tmp_path: Path, name: str) -> None:
    mode = MODES[name]
    (pair,) = find_pairs(1, mode.terms, 1)
    run_both(spark, tmp_path, pair, mode, STAGES if name == WHOLE else stages_of_job("prepare"))
    require_same_staged(spark, tmp_path)
    if name == WHOLE:
        before, after = published(tmp_path / "before"), published(tmp_path / "after")
        assert before.keys() == after.keys()
        for key, contents in before.items():
            for one, other in zip(contents, after[key], strict=True):
                assert one == other, key
        assert any(key.endswith(".html") for key in before)
    if name == COUNTED:
        require_same_from_counts(spark, tmp_path, mode)


def require_same_from_counts(spark: SparkSession, folder: Path, mode: Mode) -> None:
    """The counts that one table would publish give, without any case record, the records of the other."""
    counts = folder / "counts.tsv"
    rows = spark.read.parquet(str(folder / "after" / "staging" / "r1" / "aggregate_counts")).collect()
    subjects = staged(spark, folder / "after")["seal"]["ledger"]["protected_number_of_subjects"]
    lines = ["selections\tprotected_count", f"record_count\t{subjects}"]
    lines += [f"{row['combination_text']}\t{row['protected_count']}" for row in rows]
    counts.write_text("\n".join(lines) + "\n", encoding="utf-8")
    source = {"reported_aggregates_path": str(counts), "guarantee": 2, "use_columns": list(COLUMNS)}
    run(spark, folder / "counted", source, mode, stages_of_job("prepare"))
    before, counted = staged(spark, folder / "before"), staged(spark, folder / "counted")
    for table in (SYNTHETIC_MICRODATA, "aggregate_counts", "evaluation_metrics", "attribute_metrics"):
        assert counted[table] == before[table], table


def test_how_long_the_longest_record_is_shows_nowhere(spark: SparkSession, tmp_path: Path) -> None:
    """All lengths are requested, and one person has three attributes while the others have two."""
    rows = ["x,y,"] * 20 + ["x,,y"] * 20
    for name, more in (("before", []), ("after", ["x,y,y"])):
        folder = tmp_path / name
        folder.mkdir()
        path = folder / "cases.csv"
        path.write_text("\n".join(["a,b,c", *rows, *more]) + "\n", encoding="utf-8")
        source = {"sensitive_microdata_path": str(path)}
        run(spark, folder, source, Mode(Terms(length=-1), {}), stages_of_job("prepare"))
    require_same_staged(spark, tmp_path)
    assert staged(spark, tmp_path / "after")["seal"]["ledger"]["reporting_length"] == 2


@pytest.mark.at_length("many random inputs")
@pytest.mark.parametrize("seed", range(2, 7))
@pytest.mark.parametrize("name", MODES)
def test_what_will_be_published_is_the_same_for_many(spark: SparkSession, tmp_path: Path, name: str, seed: int) -> None:
    mode = MODES[name]
    (pair,) = find_pairs(seed, mode.terms, 1)
    run_both(spark, tmp_path, pair, mode, stages_of_job("prepare"))
    require_same_staged(spark, tmp_path)
