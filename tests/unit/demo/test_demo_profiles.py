"""Blocks of demo records: reproducible, in the schema, with the structure and the shares they promise."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from ctdc_spark.demo.profiles import BLOCK_ROWS, generate_block
from ctdc_spark.demo.schema import (
    ALLOWED_VALUES,
    COLUMNS,
    EXPLOITATION_FLAGS,
    FLAGS,
    LABOUR_FLAGS,
    MEANS_FLAGS,
    RECRUITER_FLAGS,
    SEX_FLAGS,
)

Records = dict[str, npt.NDArray[np.str_]]
DIGEST = "404900e12c2eab4ab71dc77a212fa746b8d41ed8ce57cb8ced04b7b21fcb0bf6"
TYPES = {**dict.fromkeys(LABOUR_FLAGS, "isForcedLabour"), **dict.fromkeys(SEX_FLAGS, "isSexualExploit")}


@pytest.fixture(scope="module")
def records() -> Records:
    """Fifty thousand records, column by column."""
    table = pa.Table.from_batches([generate_block(block, BLOCK_ROWS, seed=0) for block in range(5)])
    return {name: np.array(table[name].to_pylist(), dtype=np.str_) for name in COLUMNS}


def share(mask: npt.NDArray[np.bool_]) -> float:
    return float(mask.mean())


# --- the same data for the same seed


def test_first_record_of_seed_0_is_pinned() -> None:
    (record,) = generate_block(0, 1, seed=0).to_pylist()
    assert {name: value for name, value in record.items() if value not in ("", "0")} == {
        "yearOfRegistration": "2020",
        "gender": "Woman",
        "ageBroad": "18--20",
        "citizenship": "THA",
        "CountryOfExploitation": "EGY",
        "isForcedLabour": "1",
        "meansAbusePsyPhySex": "1",
        "meansFalsePromises": "1",
        "meansDenyBasicNeeds": "1",
        "meansWithholdDocs": "1",
        "typeOfLabourDomesticWork": "1",
    }
    assert [name for name, value in record.items() if value == ""] == ["traffickMonths", *RECRUITER_FLAGS]


def test_whole_block_of_seed_0_is_pinned() -> None:
    """A new digest means that every seed gives different records: raise GENERATOR_VERSION with it."""
    lines = "\n".join("\t".join(record.values()) for record in generate_block(0, BLOCK_ROWS, 0).to_pylist())
    assert hashlib.sha256(lines.encode()).hexdigest() == DIGEST


@pytest.mark.parametrize("rows", [1, 7, 9_999])
def test_fewer_rows_are_the_first_of_the_block(rows: int) -> None:
    assert generate_block(3, rows, seed=11).equals(generate_block(3, BLOCK_ROWS, seed=11).slice(0, rows))


@pytest.mark.parametrize(("block", "seed"), [(1, 0), (0, 1), (0, 2**63 - 1)])
def test_another_block_or_seed_gives_other_records(block: int, seed: int) -> None:
    base, other = generate_block(0, 1_000, 0).to_pylist(), generate_block(block, 1_000, seed).to_pylist()
    assert sum(a == b for a, b in zip(base, other, strict=True)) < 20


@pytest.mark.parametrize("rows", [0, BLOCK_ROWS + 1])
def test_rows_beyond_the_block_are_refused(rows: int) -> None:
    with pytest.raises(AssertionError):
        generate_block(0, rows, seed=0)


def test_kernel_does_not_need_spark() -> None:
    program = "import sys, ctdc_spark.demo.profiles; sys.exit('pyspark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


# --- the schema


def test_block_has_27_string_columns_without_nulls() -> None:
    batch = generate_block(0, 100, seed=0)
    assert batch.schema == pa.schema([(name, pa.string()) for name in COLUMNS])
    assert sum(column.null_count for column in batch.columns) == 0


def test_every_value_belongs_to_the_schema_and_every_value_occurs(records: Records) -> None:
    for name, column in records.items():
        assert set(column) == set(ALLOWED_VALUES[name]), name


# --- rules that hold in every record


def count_violations(records: Records) -> int:
    """Count records that break a structural rule of the data."""
    broken = np.zeros(len(records["gender"]), dtype=bool)
    for flag, exploitation in TYPES.items():
        broken |= (records[flag] == "1") & (records[exploitation] != "1")
    for group in (EXPLOITATION_FLAGS, RECRUITER_FLAGS, LABOUR_FLAGS, SEX_FLAGS):
        unknown = np.stack([records[flag] == "" for flag in group])
        broken |= unknown.any(axis=0) & ~unknown.all(axis=0)  # such a group is known or unknown as a whole
    for group in (RECRUITER_FLAGS, LABOUR_FLAGS):
        broken |= np.sum([records[flag] == "1" for flag in group], axis=0) > 1
    kinds = np.stack([records[flag] for flag in EXPLOITATION_FLAGS])
    broken |= (kinds == "0").all(axis=0)
    broken |= (records["isOtherExploit"] == "1") & (kinds[:2] == "1").any(axis=0)
    return int(broken.sum())


def _type_without_kind(records: Records) -> None:
    records["typeOfSexProstitution"][records["isSexualExploit"] == "0"] = "1"


def _half_known_group(records: Records) -> None:
    records["recruiterRelationFriend"][records["recruiterRelationFamily"] == "0"] = ""


def _two_recruiters(records: Records) -> None:
    records["recruiterRelationFriend"][records["recruiterRelationFamily"] == "1"] = "1"


def _no_exploitation(records: Records) -> None:
    records["isOtherExploit"][records["isOtherExploit"] == "1"] = "0"


def test_structural_rules_hold(records: Records) -> None:
    assert count_violations(records) == 0


@pytest.mark.parametrize("damage", [_type_without_kind, _half_known_group, _two_recruiters, _no_exploitation])
def test_structural_rules_reject_damaged_records(records: Records, damage: Callable[[Records], None]) -> None:
    damaged = {name: column.copy() for name, column in records.items()}
    damage(damaged)
    assert count_violations(damaged) > 1_000


# --- shares


@pytest.mark.parametrize(
    ("column", "value", "low", "high"),
    [
        ("gender", "Woman", 0.65, 0.80),
        ("gender", "Man", 0.17, 0.32),
        ("gender", "Trans/Transgender/NonConforming", 0.003, 0.03),
        ("ageBroad", "9--17", 0.12, 0.24),
        ("ageBroad", "0--8", 0.01, 0.05),
        ("ageBroad", "", 0.08, 0.20),
        ("citizenship", "", 0.05, 0.15),
        ("CountryOfExploitation", "", 0.01, 0.04),
        ("traffickMonths", "", 0.25, 0.45),
        ("isForcedLabour", "1", 0.40, 0.57),
        ("isSexualExploit", "1", 0.40, 0.57),
        ("isOtherExploit", "1", 0.05, 0.13),
        ("typeOfLabourDomesticWork", "1", 0.10, 0.20),
        ("typeOfSexProstitution", "1", 0.28, 0.45),
        ("recruiterRelationIntimatePartner", "1", 0.02, 0.06),
        ("recruiterRelationFamily", "1", 0.03, 0.08),
        ("meansDrugsAlcohol", "1", 0.08, 0.17),
        *((flag, "", 0.30, 0.45) for flag in MEANS_FLAGS),
    ],
)
def test_shares_lie_where_documented(records: Records, column: str, value: str, low: float, high: float) -> None:
    assert low < share(records[column] == value) < high


def test_means_of_control_are_often_unknown_as_a_group_while_other_flags_are_known(records: Records) -> None:
    no_means = np.all([records[flag] == "" for flag in MEANS_FLAGS], axis=0)
    assert 0.28 < share(no_means) < 0.45
    assert share(records["isForcedLabour"][no_means] != "") > 0.9


def test_records_hold_eight_to_fourteen_attributes(records: Records) -> None:
    attributes = np.sum([(column != "") & (column != "0") for column in records.values()], axis=0)
    assert 9 < attributes.mean() < 11
    assert share((attributes >= 8) & (attributes <= 14)) > 0.75
    assert share((attributes >= 6) & (attributes <= 16)) > 0.98


def test_some_countries_are_rarer_than_ten_in_ten_thousand(records: Records) -> None:
    counts = np.unique(records["citizenship"], return_counts=True)[1]
    assert counts.min() * 10_000 / len(records["citizenship"]) < 10


# --- dependence


def measure_information(first: npt.NDArray[np.str_], second: npt.NDArray[np.str_]) -> float:
    """Mutual information in nats."""
    left, right = (np.unique(column, return_inverse=True)[1] for column in (first, second))
    joint = np.zeros((left.max() + 1, right.max() + 1))
    np.add.at(joint, (left, right), 1 / len(left))
    independent = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    seen = joint > 0
    return float((joint[seen] * np.log(joint[seen] / independent[seen])).sum())


@pytest.mark.parametrize(
    ("first", "second", "least"),
    [
        ("citizenship", "CountryOfExploitation", 0.5),
        ("yearOfRegistration", "citizenship", 0.1),
        ("isSexualExploit", "gender", 0.05),
        ("ageBroad", "typeOfSexPornography", 0.01),
        ("isForcedLabour", "meansExcessiveWorkHours", 0.05),
        ("isSexualExploit", "meansDrugsAlcohol", 0.01),
        ("meansThreats", "meansAbusePsyPhySex", 0.01),
    ],
)
def test_columns_depend_on_each_other(records: Records, first: str, second: str, least: float) -> None:
    known = (records[first] != "") & (records[second] != "")
    left, right = records[first][known], records[second][known]
    shuffled = np.random.default_rng(1).permutation(right)
    information = measure_information(left, right)
    assert information > least
    assert information > 5 * measure_information(left, shuffled)


def test_known_means_of_control_co_occur(records: Records) -> None:
    recorded = np.all([records[flag] != "" for flag in MEANS_FLAGS], axis=0)
    matrix = np.corrcoef([records[flag][recorded] == "1" for flag in MEANS_FLAGS])
    assert matrix[MEANS_FLAGS.index("meansThreats")].min() > 0.03
    assert np.median(matrix[np.triu_indices(len(MEANS_FLAGS), 1)]) > 0.1


def test_many_are_exploited_in_their_own_country(records: Records) -> None:
    known = (records["citizenship"] != "") & (records["CountryOfExploitation"] != "")
    assert 0.3 < share(records["citizenship"][known] == records["CountryOfExploitation"][known]) < 0.5


def test_flags_are_the_columns_that_hold_flags() -> None:
    assert [name for name in COLUMNS if set(ALLOWED_VALUES[name]) == {"", "0", "1"}] == list(FLAGS)
