"""Tables that differ in one subject: what reaches the noise differs in that subject's record and in no other.

Differential privacy assumes this. If one subject's rows affect how another's are read, noise that hides one record
hides nothing: with `record_limit`, one subject with the first 300 rows pushed 300 others out of the data.
"""

from __future__ import annotations

import csv
import random
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import functions as F

from ctdc_spark.cases.encode import encoder, join_parts
from ctdc_spark.cases.pack import PackedCases, pack_cases
from ctdc_spark.cases.prepare import PreparedCases, prepare_cases
from ctdc_spark.cases.source import read_cases
from ctdc_spark.differential_privacy.domain import declared_domain, number_attributes, put_undeclared, require_declared
from ctdc_spark.differential_privacy.measuring import truncate_lengths
from ctdc_spark.errors import DataError, SettingsError
from ctdc_spark.records.blocks import decode_batches
from ctdc_spark.settings import Settings, build_settings
from ctdc_spark.settings.marks import Mark
from ctdc_spark.settings.noise_rules import ALLOWED, ask_declared
from ctdc_spark.settings.settings import MARKS
from tests.end_to_end.running import command, write_settings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Row = dict[str, str | None]

POOLS: dict[str, tuple[str | None, ...]] = {
    "sex": ("F", "M", " F ", "f", "", None, "unknown"),
    "age": ("3", "17", "18", "18.0", "30", "250", "", "0"),
    "means": ("debt", "debt;force", "; force ;;debt", "threat|debt", "0", None, "nonsense;debt"),
    "place": ("north", "south", "-99", "rare", "a;b", "0"),
    "kids": ("0", "1", "2", "", None),
}
"""What cells may hold, including other cases, spaces, nothing, tokens and undeclared values."""

HOSTILE = ('say "F"', "two\nlines", 'a;b,"c', "ends in \\", "'", "\t")
"""What only cells of delimited files may hold."""

BASE: dict[str, Any] = {
    "output_dir": "release",
    "protection": "dp",
    "noise_epsilon": 1.0,
    "domain": {
        "sex": ["F", "M", "unknown"],
        "age": ["3", "17", "18", "30"],
        "means": ["debt", "force", "threat"],
        "place": ["north", "south"],
        "kids": ["1", "2"],
    },
    "undeclared_into": "Other",
}

FILES = {"sensitive_microdata_path", "sensitive_microdata_format", "sensitive_microdata_delimiter"}
FILES |= {"sensitive_microdata_encoding", "sensitive_microdata_header_line", "sensitive_microdata_escape"}
FILES |= {"extra_rows", "drop_rows", "sensitive_microdata_sheet"}
"""Keys of delimited files; all others are tried on tables."""

EXAMPLES: dict[str, dict[str, Any]] = {
    "sensitive_microdata_path": {},
    "sensitive_microdata_table": {},
    "sensitive_microdata_format": {"sensitive_microdata_format": "csv"},
    "sensitive_microdata_delimiter": {"sensitive_microdata_delimiter": ";"},
    "sensitive_microdata_encoding": {"sensitive_microdata_encoding": "windows-1252"},
    "subject_id": {"subject_id": "case"},
    "use_columns": {"use_columns": ["kids", "sex"], "domain": {"kids": ["1"], "sex": ["F"]}, "reporting_length": 2},
    "multi_value_columns": {"multi_value_columns": {"means": ";", "place": "|"}},
    "sensitive_zeros": {"sensitive_zeros": ["kids", "means"]},
    "missing_values": {"missing_values": ["-99", "unknown"]},
    "column_missing_values": {"column_missing_values": {"place": ["-99"], "sex": ["f"]}},
    "bins": {
        "bins": {"age": {"edges": [18, 30]}, "kids": {"edges": [1], "labels": ["none", "some"]}},
        "domain": {name: values for name, values in BASE["domain"].items() if name not in ("age", "kids")},
    },
    "decimal_commas": {"bins": {"kids": {"edges": [1]}}, "decimal_commas": ["kids"]},
    "thousands_separators": {"bins": {"age": {"edges": [18]}}, "thousands_separators": {"age": ","}},
    "into_existing": {"undeclared_into": "north", "into_existing": ["place"]},
    "time_zone": {"time_zone": "Asia/Tokyo"},
    "sensitive_microdata_header_line": {"sensitive_microdata_header_line": 1},
    "sensitive_microdata_escape": {"sensitive_microdata_escape": "\\"},
    "drop_rows": {"drop_rows": {"sex": ["unknown"]}},
    "extra_rows": {"extra_rows": "keep"},
    "normalize_text": {"normalize_text": False},
    "one_row_per_subject": {"one_row_per_subject": True},
    "sensitive_microdata_sheet": {"sensitive_microdata_sheet": "Cases"},
    "sensitive_columns": {"sensitive_columns": ["sex"]},
    "column_groups": {"column_groups": {"who": ["sex", "age"]}},
    "column_labels": {"column_labels": {"sex": "Sex"}},
    "value_labels": {"value_labels": {"kids": {"0": "none"}}},
    "reporting_resolution": {"reporting_resolution": 2},
    "reporting_threshold": {"reporting_threshold": 5, "reporting_precision": 5},
    "reporting_precision": {"reporting_threshold": 6, "reporting_precision": 6},
    "accept_derivable_counts": {"accept_derivable_counts": True},
    "reporting_length": {"reporting_length": 2},
    "guarantee": {"guarantee": "k_synthetic"},
    "synthesis_mode": {"synthesis_mode": "row_seeded"},
    "target_number_of_records": {"target_number_of_records": 7},
    "seed": {"seed": 7},
    "max_combinations": {"max_combinations": 3},
    "protection": {"protection": "dp"},
    "noise_epsilon": {"noise_epsilon": 0.1},
    "noise_delta": {"noise_delta": 1e-9},
    "delta_factor": {"delta_factor": 100},
    "domain": {"domain": {**BASE["domain"], "sex": ["M"]}},
    "undeclared_into": {"undeclared_into": "elsewhere"},
    "private_domain": {"private_domain": True, "domain": {"means": ["debt"]}},
    "domain_proportion": {"private_domain": True, "domain": {}, "domain_proportion": 0.4},
    "budget_proportions": {"budget_proportions": [1, 1, 1]},
    "number_of_records_epsilon_proportion": {"number_of_records_epsilon_proportion": 0.2},
    "percentile_percentage": {"percentile_percentage": 60.0},
    "percentile_epsilon_proportion": {"percentile_epsilon_proportion": 0.2},
    "privacy_account": {"privacy_account": "cases"},
    "total_epsilon": {"total_epsilon": 2.0},
    "rehearse_noise": {"rehearse_noise": False},
    "output_dir": {"output_dir": "elsewhere"},
    "output_schema": {"output_schema": "main.release"},
    "prefix": {"prefix": "cases"},
    "sensitive_dir": {"sensitive_dir": "hidden"},
    "staging_dir": {"staging_dir": "staged"},
    "staging_group": {"staging_dir": "staged", "staging_group": "users"},
    "keep_intermediates": {"keep_intermediates": True},
    "release_id": {"release_id": "r9"},
    "report_title": {"report_title": "Cases"},
    "report_logo": {"report_logo": "logo.png"},
    "report_pages": {"report_pages": {"Who": ["sex"]}},
    "description": {"description": "Cases of two years."},
    "publisher": {"publisher": "An office"},
    "contact": {"contact": "data@example.org"},
    "licence": {"licence": "CC-BY-4.0"},
    "doi": {"doi": "10.1234/cases"},
    "url": {"url": "https://example.org/cases"},
    "period": {"period": "2021/2022"},
    "places": {"places": ["Kenya"]},
}
"""Every allowed key with a value."""

ABOUT_ROWS = (Mark.INPUT, Mark.READING, Mark.NOISE)
"""Keys with these marks say something about rows; all others are tried together."""

ABOUT_COUNTS = (
    "sensitive_columns",
    "column_groups",
    "column_labels",
    "value_labels",
    "reporting_threshold",
    "reporting_precision",
    "accept_derivable_counts",
    "guarantee",
    "synthesis_mode",
    "max_combinations",
    "noise_epsilon",
    "noise_delta",
    "budget_proportions",
    "number_of_records_epsilon_proportion",
    "percentile_percentage",
    "percentile_epsilon_proportion",
    "total_epsilon",
    "rehearse_noise",
)
"""Keys about counts, their noise and the names of values: tried together in the gate, one by one at length."""

TOGETHER = {
    "places, names and looks": {
        name: value
        for key, example in EXAMPLES.items()
        if MARKS[key] not in ABOUT_ROWS
        for name, value in example.items()
    },
    "counts and their noise": {name: value for key in ABOUT_COUNTS for name, value in EXAMPLES[key].items()},
    "subjects in several rows, several values a cell": {
        "subject_id": "case",
        "multi_value_columns": {"means": ";"},
        "bins": {"age": {"edges": [18]}},
        "missing_values": ["-99"],
        "domain": {name: values for name, values in BASE["domain"].items() if name != "age"},
    },
}

REFUSED: dict[str, Any] = {
    "record_limit": 300,
    "group_rare_values": {"sex": {"into": "Other"}},
    "reported_aggregates_path": "reportable_aggregates.tsv",
}

HELD = 2
"""The number of attributes that are kept of a record."""


@dataclass(frozen=True)
class Side:
    """One of two neighbouring tables: the settings, and the packed cases as they will be encoded."""

    settings: Settings
    packed: PackedCases


def draw_row(draw: random.Random, subject: str) -> Row:
    return {"case": subject, **{name: draw.choice(values) for name, values in POOLS.items()}}


def draw_tables(draw: random.Random, overrides: Mapping[str, Any]) -> tuple[list[Row], list[Row]]:
    """The rows with and without one subject, at a random place; with `subject_id`, in one row or in many."""
    several = "subject_id" in overrides
    rows = [draw_row(draw, f"p{i}") for i in range(12) for _ in range(draw.randint(1, 3) if several else 1)]
    theirs = [draw_row(draw, "P1") for _ in range(draw.choice([1, 2, 40]) if several else 1)]
    places = sorted((draw.random(), i) for i in range(len(rows) + len(theirs)))
    mixed = [(rows + theirs)[i] for _, i in places]
    if draw.random() < 0.3:
        mixed.sort(key=lambda row: row["case"] != "P1")  # the first rows of all
    return mixed, [row for row in mixed if row["case"] != "P1"]


def write_view(spark: SparkSession, name: str, rows: list[Row]) -> str:
    schema = ", ".join(f"{column} string" for column in rows[0])
    spark.createDataFrame([tuple(row.values()) for row in rows], schema).coalesce(1).createOrReplaceTempView(name)
    return name


def write_files(folder: Path, draw: random.Random, rows: list[Row], overrides: Mapping[str, Any]) -> str:
    """Two delimited files with different orders of columns; the subject's cells would disturb a careless reader."""
    folder.mkdir(parents=True)
    delimiter = overrides.get("sensitive_microdata_delimiter", ",")
    names = list(rows[0])
    for number, (order, some) in enumerate([(names, rows[:7]), (names[::-1], rows[7:])]):
        encoding = overrides.get("sensitive_microdata_encoding", "utf-8")
        with (folder / f"{number}.csv").open("w", encoding=encoding, newline="") as file:
            writer = csv.DictWriter(file, order, delimiter=delimiter, lineterminator="\n")
            writer.writeheader()
            writer.writerows({**row, "place": draw.choice(HOSTILE)} if row["case"] == "P1" else row for row in some)
    return str(folder)


def make_side(spark: SparkSession, place: dict[str, str], overrides: Mapping[str, Any]) -> Side:
    """Everything before counts and records are made of the cases, lazily; as in the stage `cases`."""
    domain = overrides.get("domain", BASE["domain"])
    columns = overrides.get("use_columns", list(POOLS))
    settings = build_settings({**BASE, "use_columns": columns, **overrides, "domain": domain, **place})
    prepared = put_undeclared(prepare_cases(read_cases(spark, settings), settings), settings)
    require_declared(prepared, settings)
    return Side(settings, pack_cases(prepared))


def make_pair(spark: SparkSession, tmp_path: Path, key: str, seed: int) -> tuple[Side, Side]:
    """The table with one subject, and the one without."""
    draw = random.Random(f"{key} {seed}")
    overrides = EXAMPLES[key] if key in EXAMPLES else TOGETHER[key]
    sides = []
    for rows, name in zip(draw_tables(draw, overrides), ("with", "without"), strict=True):
        if key in FILES:
            written = write_files(tmp_path / f"{key}_{seed}_{name}", random.Random(seed), rows, overrides)
            place = {"sensitive_microdata_path": written}
        else:
            view = re.sub(r"\W", "_", f"neighbours {key} {seed} {name}")
            place = {"sensitive_microdata_table": write_view(spark, view, rows)}
        sides.append(make_side(spark, place, overrides))
    return sides[0], sides[1]


def collect_blocks(sides: list[Side]) -> list[list[dict[str, Any]]]:
    """The packed blocks of every side, in one job."""
    columns = ("subjects", "values", "rows", "codes", "counts")
    frames: list[DataFrame] = [
        side.packed.frame.select(F.lit(i).alias("side"), *columns) for i, side in enumerate(sides)
    ]
    blocks: list[list[dict[str, Any]]] = [[] for _ in sides]
    for row in reduce(lambda above, below: above.unionByName(below), frames).collect():
        blocks[row["side"]].append({name: row[name] for name in columns})
    return blocks


def encode(side: Side, blocks: list[dict[str, Any]], known: Mapping[str, tuple[str, ...]]) -> list[Counter[Any]]:
    """What is measured: the records whole, and cut to HELD attributes."""
    dictionary = number_attributes(side.packed, {**known, **declared_domain(side.settings)})
    batches = [pa.RecordBatch.from_pylist([block]) for block in blocks]
    records = list(decode_batches(join_parts(encoder(dictionary, 1)(batches))))
    counted: list[Counter[Any]] = [Counter(), Counter()]
    for kind, some in enumerate([records, [truncate_lengths(part, HELD) for part in records]]):
        for part in some:
            ends = part.offsets.tolist()
            for low, high, weight in zip(ends[:-1], ends[1:], part.weights.tolist(), strict=True):
                counted[kind][tuple(part.attributes[low:high].tolist())] += weight
    return counted


def count_values(side: Side, blocks: list[dict[str, Any]]) -> Counter[tuple[str, str]]:
    """Subjects by value: the counts to which a private domain adds its noise."""
    found: Counter[tuple[str, str]] = Counter()
    for block in blocks:
        for name, values, counts in zip(side.packed.columns, block["values"], block["counts"], strict=True):
            found.update(dict(zip(((name, value) for value in values), counts, strict=True)))
    return found


def require_neighbours(pair: tuple[Side, Side], blocks: tuple[list[dict[str, Any]], list[dict[str, Any]]]) -> None:
    """With the subject there is one more record, and all others are unchanged."""
    ours, theirs = pair
    assert ours.packed.columns == theirs.packed.columns
    assert ours.packed.multi_valued == theirs.packed.multi_valued
    counts = [count_values(side, some) for side, some in zip(pair, blocks, strict=True)]
    known = {name: tuple(sorted({v for c, v in counts[0] if c == name} | {"x"})) for name in ours.packed.columns}
    with_subject, without = (encode(side, some, known) for side, some in zip(pair, blocks, strict=True))
    for more, fewer in zip(with_subject, without, strict=True):
        assert not fewer - more
        assert sum((more - fewer).values()) == 1
        assert sum(fewer.values()) == sum(more.values()) - 1 > 0
    assert not counts[1] - counts[0]
    single = [i for i, _ in enumerate(ours.packed.columns) if i not in ours.packed.multi_valued]
    added = Counter(column for column, _ in (counts[0] - counts[1]).elements())
    assert all(added[ours.packed.columns[i]] <= 1 for i in single)  # the sensitivity of a private domain


def test_every_allowed_key_is_tried() -> None:
    """A new key of the settings has to be considered here before it is allowed."""
    assert {key for key, mark in MARKS.items() if mark.under_noise in ALLOWED} == EXAMPLES.keys()
    assert {key for key, mark in MARKS.items() if mark.under_noise not in ALLOWED} == REFUSED.keys()


@pytest.mark.parametrize("key", sorted(REFUSED))
def test_keys_that_look_at_others_are_refused(key: str) -> None:
    keys = {**BASE, "use_columns": [*POOLS], "sensitive_microdata_path": "cases.csv", key: REFUSED[key]}
    with pytest.raises(SettingsError, match=f"{key}: found with protection: dp, where a key must act on each subject"):
        build_settings(keys)


def test_a_run_with_record_limit_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The attack: one subject with the first 300 rows."""
    settings = write_settings(tmp_path, "cases.csv", **BASE | {"subject_id": "case", "record_limit": 300})
    for verb in ("run", "check", "cases"):
        assert command(verb, settings) == 2
        assert "record_limit: found with protection: dp" in capsys.readouterr().err


def test_neighbours_are_told_apart_by_one_record(spark: SparkSession, tmp_path: Path) -> None:
    """Every allowed key, over random tables, in one job."""
    alone = [key for key in EXAMPLES if MARKS[key] in ABOUT_ROWS and key not in ABOUT_COUNTS]
    assert len(alone) >= 15
    check_pairs(spark, tmp_path, [(key, 0) for key in (*alone, *TOGETHER)])


@pytest.mark.at_length("many random inputs")
@pytest.mark.parametrize("seed", range(1, 9))
def test_neighbours_are_told_apart_by_one_record_at_length(spark: SparkSession, tmp_path: Path, seed: int) -> None:
    check_pairs(spark, tmp_path, [(key, seed) for key in (*EXAMPLES, *TOGETHER)])


def check_pairs(spark: SparkSession, tmp_path: Path, asked: list[tuple[str, int]]) -> None:
    pairs = [make_pair(spark, tmp_path, key, seed) for key, seed in asked]
    blocks = collect_blocks([side for pair in pairs for side in pair])
    for number, ((key, _), pair) in enumerate(zip(asked, pairs, strict=True)):
        try:
            require_neighbours(pair, (blocks[2 * number], blocks[2 * number + 1]))
        except AssertionError as error:
            raise AssertionError(f"{key}: {error}") from error


def test_the_test_sees_one_who_pushes_others_out(spark: SparkSession, tmp_path: Path) -> None:
    """`record_limit`, which the settings refuse, does not pass: the test can fail."""
    rows: list[dict[str, str | None]] = [{"case": "P1", **dict.fromkeys(POOLS, "F")}] * 4
    others = [draw_row(random.Random(i), f"p{i}") for i in range(9)]
    sides = []
    for name, table in (("with", rows + others), ("without", others)):
        place = {"sensitive_microdata_table": write_view(spark, f"limited_{name}", table)}
        side = make_side(spark, place, {"subject_id": "case"})
        limited = side.settings.model_copy(update={"record_limit": 4})
        prepared = put_undeclared(prepare_cases(read_cases(spark, limited), limited), limited)
        sides.append(Side(limited, pack_cases(prepared)))
    blocks = collect_blocks(sides)
    with pytest.raises(AssertionError):
        require_neighbours((sides[0], sides[1]), (blocks[0], blocks[1]))


def test_the_name_of_one_folder_does_not_decide_how_others_are_read(spark: SparkSession, tmp_path: Path) -> None:
    """Spark guesses types from the names of all folders: beside `code=A` the value of `code=07` was 07, else 7."""
    for name, codes in (("with", ("07", "7", "A")), ("without", ("07", "7"))):
        for code in codes:
            folder = tmp_path / name / f"code={code}"
            folder.mkdir(parents=True)
            pq.write_table(pa.table({"sex": ["F"]}), folder / "part.parquet")
    pair = tuple(
        make_side(
            spark,
            {"sensitive_microdata_path": str(tmp_path / name), "sensitive_microdata_format": "parquet"},
            {
                "use_columns": ["sex", "code"],
                "domain": {"sex": ["F"], "code": ["07", "7", "A"]},
                "reporting_length": 2,
            },
        )
        for name in ("with", "without")
    )
    blocks = collect_blocks(list(pair))
    require_neighbours((pair[0], pair[1]), (blocks[0], blocks[1]))
    found = {value for block in blocks[0] for value in block["values"][1]}
    assert found == {"07", "7", "A"}


@pytest.mark.parametrize(
    ("keys", "lists", "named"),
    [({"subject_id": "case"}, {0, 1}, "sex, means"), ({"multi_value_columns": {"means": ";"}}, {1}, "means")],
)
def test_a_subject_has_one_value_of_a_column_whose_values_noise_names(
    keys: dict[str, Any], lists: set[int], named: str
) -> None:
    """Even if the columns are not listed, so that only the data define them."""
    asked = {"private_domain": True, "domain": {}, "use_columns": [], "sensitive_microdata_path": "cases.csv"}
    settings = build_settings({**BASE, **asked, **keys})
    prepared = PreparedCases(None, ("sex", "means"), frozenset(lists))  # type: ignore[arg-type]
    with pytest.raises(DataError, match=f"private_domain: found no declared values for {named}, in which one subject"):
        require_declared(prepared, settings)


def test_what_nobody_can_check_is_asked() -> None:
    given = {**BASE, **EXAMPLES["bins"], "use_columns": [*POOLS], "sensitive_microdata_path": "cases.csv"}
    bins, domain = ask_declared(build_settings(given))
    assert "bins: were these edges of age, kids chosen without a look at the data?" in bins
    assert "domain: were these values of sex, means, place chosen without a look at the data?" in domain
    assert ask_declared(build_settings({"sensitive_microdata_path": "a.csv", "output_dir": "out"})) == []
