"""People with several rows are noticed, and places are not taken for them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ctdc_spark.cases.profile import profile_columns, suspicious
from ctdc_spark.cases.proposal import propose_settings
from ctdc_spark.errors import SettingsError
from ctdc_spark.settings import Settings, build_settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

COLUMNS = ("case", "sex", "origin", "year", "work")


def draw_rows(people: int, most: int) -> list[tuple[str, ...]]:
    """Rows of people who keep sex and origin, and have another year and work in each of up to `most` rows."""
    draw = random.Random(3)
    rows: list[tuple[str, ...]] = []
    for person in range(people):
        kept = (f"case {person}", draw.choice("fm"), draw.choice("ABCD"))
        for _ in range(draw.randint(1, most)):
            rows.append((*kept, str(draw.randint(2010, 2020)), draw.choice(["farm", "house", "mine"])))
    return rows


def ask(spark: SparkSession, rows: Sequence[tuple[str, ...]], **keys: Any) -> list[str]:
    frame = spark.createDataFrame(rows, ", ".join(f"`{name}` string" for name in COLUMNS))
    settings = Settings(sensitive_microdata_path="unused.csv", output_dir="unused", **keys)
    return suspicious(profile_columns(spark, frame, settings), settings)


def test_a_column_of_people_with_several_rows_is_asked_about(spark: SparkSession) -> None:
    (said,) = ask(spark, draw_rows(100, 6), group_rare_values={"case": {"into": "Other"}})
    assert said.startswith("column case looks as if it told people apart who have several rows each")
    assert "subject_id" in said
    assert "one_row_per_subject: true" in said


def test_it_is_not_asked_where_the_settings_say_it(spark: SparkSession) -> None:
    rows = draw_rows(100, 6)
    ways: tuple[dict[str, Any], ...] = ({"subject_id": "case"}, {"one_row_per_subject": True})
    for keys in ways:
        assert not any("told people apart" in said for said in ask(spark, rows, **keys))


def test_columns_that_do_not_go_together_are_no_people(spark: SparkSession) -> None:
    draw = random.Random(4)
    rows = [(f"p{draw.randrange(100)}", *(draw.choice("abcd") for _ in COLUMNS[1:])) for _ in range(350)]
    assert not any("told people apart" in said for said in ask(spark, rows))


def test_a_place_of_many_people_is_no_person(spark: SparkSession) -> None:
    draw = random.Random(5)
    places = [(f"place {i}", draw.choice("AB"), draw.choice("CDE")) for i in range(25)]
    rows = [(*draw.choice(places), str(draw.randint(1, 9)), draw.choice("xyz")) for _ in range(3000)]
    assert not any("told people apart" in said for said in ask(spark, rows))


def test_the_proposal_leaves_it_out_and_asks(spark: SparkSession, tmp_path: Path) -> None:
    rows = [",".join(row) for row in [COLUMNS, *draw_rows(100, 6)]]
    (tmp_path / "a.csv").write_text("\n".join(rows), encoding="utf-8")
    text = propose_settings(spark, str(tmp_path / "a.csv"))
    assert "# Are several rows one person?" in text
    assert 'subject_id: "case"' in text
    assert '  # - "case"  # left out' in text


def test_a_confirmation_beside_a_subject_id_is_refused() -> None:
    with pytest.raises(SettingsError, match="one_row_per_subject: found true together with subject_id"):
        build_settings(
            {"sensitive_microdata_path": "a.csv", "output_dir": "out", "subject_id": "a", "one_row_per_subject": True}
        )
