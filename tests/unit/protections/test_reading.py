"""The proof's own reading of a DataFrame is compared with the first one before anything else uses it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ctdc_spark.cases.dataframe import VIEW
from ctdc_spark.errors import DataError
from ctdc_spark.protections import reading
from ctdc_spark.settings import Settings
from ctdc_spark.verification.published import PACKED_AGAIN


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What a stage is given, with a workspace that keeps nothing; a frame is its own digest."""
    monkeypatch.setattr(reading, "digest_cases", str)
    workspace = SimpleNamespace(path=lambda name: str(tmp_path / name), materialize=lambda *given: given[1])
    settings = Settings(output_dir=str(tmp_path / "out")).drawn(sensitive_microdata_table=f"{VIEW}1")
    return SimpleNamespace(settings=settings, workspace=workspace)


def packed(frame: str) -> Any:
    return SimpleNamespace(frame=frame)


def test_the_same_rows_go_on(context: Any) -> None:
    reading.remember_reading(context, packed("rows"))
    frame: Any = "rows"
    assert reading.same_reading(context)(PACKED_AGAIN, frame, "") is frame


def test_other_rows_are_refused_with_what_to_do(context: Any) -> None:
    reading.remember_reading(context, packed("rows"))
    other: Any = "other rows"
    materialize = reading.same_reading(context)
    assert materialize("another_table", other, "") is other
    with pytest.raises(DataError, match=r"^the DataFrame gave other rows when it was read again.* Write the rows"):
        materialize(PACKED_AGAIN, other, "")


def test_of_a_table_or_file_nothing_is_left_and_nothing_asked(context: Any, tmp_path: Path) -> None:
    context.settings = Settings(output_dir=str(tmp_path / "out"), sensitive_microdata_table="cases")
    reading.remember_reading(context, packed("rows"))
    assert not list(tmp_path.iterdir())
    other: Any = "other rows"
    assert reading.same_reading(context)(PACKED_AGAIN, other, "") is other
