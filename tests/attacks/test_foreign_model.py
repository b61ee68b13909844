"""Records are drawn from the model that was proven with its release, and from no other one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import ctdc_spark
from ctdc_spark.errors import DataError
from ctdc_spark.storage.model_binding import KEY_BYTES, KEY_FILE, digest_model, make_key, name_model, require_bound
from ctdc_spark.synthesis.calibrated.calibrated import synthesize_calibrated
from tests.end_to_end.running import command, published, write_settings
from tests.end_to_end.sample import COUNTRY

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Row = dict[str, Any]

KEY = bytes(range(KEY_BYTES))


def model_row(*pairs: tuple[str, str], weight: float = 1.5) -> Row:
    combination = [{"column": column, "value": value} for column, value in pairs]
    return {
        "combination": combination,
        "weight": weight,
        "guarantee": "strict",
        "presence": 0.5,
        "objective": [2.0, 1.0],
    }


MODEL = [model_row(("a", "x"), ("b", "y")), model_row(("a", "x")), model_row(("a", "z"), weight=0.1)]


def test_the_order_of_rows_and_of_attributes_makes_no_difference() -> None:
    turned = [{**row, "combination": row["combination"][::-1]} for row in reversed(MODEL)]
    assert digest_model(turned, KEY) == digest_model(MODEL, KEY)


CHANGES: dict[str, list[Row]] = {
    "a row less": MODEL[1:],
    "a row more": [*MODEL, model_row(("b", "y"))],
    "a row twice": [*MODEL, MODEL[0]],
    "two rows twice, so that sums of two would cancel out": [*MODEL, MODEL[0], MODEL[0]],
    "another value": [model_row(("a", "x"), ("b", "w")), *MODEL[1:]],
    "column and value grown together": [model_row(("a", "x"), ("by", "")), *MODEL[1:]],
    "attributes of two rows joined": [model_row(("a", "x"), ("a", "x"), ("b", "y")), MODEL[2]],
    "a weight off by one bit": [*MODEL[:2], model_row(("a", "z"), weight=0.1 + 2**-56)],
    "another guarantee": [*MODEL[:2], MODEL[2] | {"guarantee": "3"}],
    "another price of absence": [*MODEL[:2], MODEL[2] | {"presence": 0.25}],
    "another objective": [*MODEL[:2], MODEL[2] | {"objective": [2.0]}],
    "an objective split differently": [*MODEL[:2], MODEL[2] | {"objective": [2.0, 1.0, 1.0]}],
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_is_changed_changes_the_digest(change: str) -> None:
    assert digest_model(CHANGES[change], KEY) != digest_model(MODEL, KEY)


def test_without_the_key_a_guess_of_the_model_cannot_be_checked() -> None:
    assert digest_model(MODEL, make_key()) != digest_model(MODEL, make_key())
    assert len(make_key()) == KEY_BYTES


@pytest.mark.parametrize(
    "proof",
    [None, "", "{}", "[]", "3", '{"trained_model": 3}', '{"trained_model": {"hmac-sha256": null}}', "[" * 10**5],
)
def test_a_release_that_names_no_model_is_refused_with_advice(proof: str | None, tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_text(KEY.hex())
    with pytest.raises(DataError, match=r"names no trained model in its ledger.* --force"):
        require_bound(MODEL, str(tmp_path), {"release_id": "r1", "proof": proof})


@pytest.mark.parametrize("key", [None, "", "00", "xyz", KEY.hex()[:-2]])
def test_a_model_without_its_key_is_refused(key: str | None, tmp_path: Path) -> None:
    if key is not None:
        (tmp_path / KEY_FILE).write_text(key)
    ledger = {"release_id": "r1", "proof": json.dumps(name_model(digest_model(MODEL, KEY)))}
    with pytest.raises(DataError, match="holds no key"):
        require_bound(MODEL, str(tmp_path), ledger)


def test_the_model_of_the_release_is_taken(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_text(KEY.hex())
    ledger = {"release_id": "r1", "proof": json.dumps({"verified": True} | name_model(digest_model(MODEL, KEY)))}
    require_bound(MODEL, str(tmp_path), ledger)
    assert json.loads(ledger["proof"])["verified"]


# --- the same with a release


def sample(place: Path, model: Path, target: Path) -> int:
    return command("sample", "--release", str(place), "--model", str(model), "--records", "50", "-o", str(target))


@pytest.fixture
def model(finished: Path, tmp_path: Path) -> Path:
    """A copy of the model of the finished release, with its key."""
    return Path(
        shutil.copytree(finished / "sensitive" / "r1" / "restricted" / "trained_model", tmp_path / "trained_model")
    )


def change_rows(model: Path, change: Callable[[list[Row]], list[Row]]) -> None:
    """Replace the rows of a model and leave its key."""
    (part,) = model.glob("part-*.parquet")
    table = pq.read_table(part)
    pq.write_table(pa.Table.from_pylist(change(table.to_pylist()), table.schema), part)
    for checksum in model.glob(".*.crc"):
        checksum.unlink()


def forge(rows: list[Row]) -> list[Row]:
    """One unproven record, of values that are all published."""
    pairs = {pair["column"]: pair for row in rows for pair in row["combination"]}
    return [rows[0] | {"combination": list(pairs.values()), "weight": 50.0}]


def test_records_are_drawn_from_the_model_of_the_release(
    spark: SparkSession, finished: Path, model: Path, tmp_path: Path
) -> None:
    assert sample(finished / "release", model, tmp_path / "new" / "more.csv") == 0
    assert COUNTRY in (tmp_path / "new" / "more.csv").read_text(encoding="utf-8").splitlines()[0]
    said = json.loads(published(spark, finished, "releases").collect()[0]["proof"])
    assert len(said["trained_model"]["hmac-sha256"]) == 64


@pytest.mark.parametrize(
    "change",
    [forge, lambda rows: rows[1:], lambda rows: [rows[0] | {"weight": rows[0]["weight"] * 3}, *rows[1:]]],
    ids=["forged", "a row less", "another weight"],
)
def test_a_changed_model_is_refused_and_nothing_is_written(
    change: Callable[[list[Row]], list[Row]],
    spark: SparkSession,
    finished: Path,
    model: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    change_rows(model, change)
    assert sample(finished / "release", model, tmp_path / "new" / "more.csv") == 2
    assert "not the one that was proven with release 'r1'" in " ".join(capfd.readouterr().err.split())
    assert not (tmp_path / "new").exists()


def test_a_model_with_a_key_of_ones_own_is_refused(
    spark: SparkSession, finished: Path, model: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (model / KEY_FILE).write_text(make_key().hex())
    assert sample(finished / "release", model, tmp_path / "more.csv") == 2
    assert "not the one that was proven" in " ".join(capfd.readouterr().err.split())
    (model / KEY_FILE).unlink()
    assert sample(finished / "release", model, tmp_path / "more.csv") == 2
    assert "holds no key" in " ".join(capfd.readouterr().err.split())
    assert not (tmp_path / "more.csv").exists()


def test_a_release_of_before_names_no_model(
    spark: SparkSession, finished: Path, model: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(finished / "release", tmp_path / "release")
    spark.sql(f"UPDATE delta.`{tmp_path / 'release' / 'releases'}` SET proof = '{{}}'")  # noqa: S608
    assert sample(tmp_path / "release", model, tmp_path / "more.csv") == 2
    assert "names no trained model in its ledger" in " ".join(capfd.readouterr().err.split())
    assert not (tmp_path / "more.csv").exists()


def test_the_model_of_a_synthesizer_of_ones_own_is_not_kept(
    spark: SparkSession, finished: Path, tmp_path: Path
) -> None:
    """Its records are proven, but nobody knows whether its model can make others.

    What readers are told of such a release is in `tests/end_to_end/test_notebooks.py`.
    """
    ctdc_spark.register_synthesizer("mine", synthesize_calibrated)
    keys = {"use_columns": ["sex", "children"], "reporting_resolution": 5, "reporting_length": 1}
    settings = write_settings(tmp_path, finished / "cases.csv", **keys, synthesis_mode="mine")
    for stage in ("cases", "combinations", "synthesis"):
        assert command(stage, settings) == 0
    restricted = Path("sensitive/r1/restricted/trained_model")
    assert (finished / restricted).exists()
    assert not (tmp_path / restricted).exists()
