"""Tables that another job keeps changing while a release is published; with CTDC_SPARK_FAULTS."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.running import all_tables, command
from tests.faults.test_killed_runs import check_readers

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.skipif("CTDC_SPARK_FAULTS" not in os.environ, reason="only with make test-faults")


def test_a_release_is_published_beside_a_job_that_changes_a_table_or_says_that_it_was_not(
    spark: SparkSession, copied: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    expected, ended = all_tables(spark, copied / "release"), threading.Event()

    def change() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            spark.sql(f"ALTER TABLE delta.`{copied}/release/codebook` SET TBLPROPERTIES ('other.job' = '{number}')")

    other = threading.Thread(target=change, daemon=True)
    other.start()
    try:
        code = command("release", str(copied / "settings.yaml"), "--force")
    finally:
        ended.set()
        other.join()
    said = capfd.readouterr().err
    sys.stdout.write(f"HELD TABLE: exit {code}\n")
    if code == 0:
        assert check_readers(spark, copied, expected)
    else:
        assert (code, "other jobs changed the table 4 times" in said) == (2, True), said
        assert not check_readers(spark, copied, expected)
        assert command("release", str(copied / "settings.yaml"), "--force") == 0
        assert check_readers(spark, copied, expected)
