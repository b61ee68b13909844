from __future__ import annotations

import pytest

from ctdc_spark.engine.sql_names import quote_table
from ctdc_spark.release.table_location import TableLocation


@pytest.mark.parametrize(
    ("written", "quoted"),
    [
        ("cases", "`cases`"),
        ("received.cases", "`received`.`cases`"),
        ("main.received.cases", "`main`.`received`.`cases`"),
        ("my-catalog.`two words`.cases", "`my-catalog`.`two words`.`cases`"),
        ("`a.b`.`c.d`", "`a.b`.`c.d`"),
        ("`été`.x$1", "`été`.`x$1`"),
    ],
)
def test_each_part_of_a_name_is_quoted_once(written: str, quoted: str) -> None:
    assert quote_table(written) == quoted


@pytest.mark.parametrize(
    ("place", "name", "in_sql"),
    [
        (TableLocation(None, "main.`to publish`"), "main.`to publish`.releases", "`main`.`to publish`.`releases`"),
        (TableLocation("ignored", "published"), "published.releases", "`published`.`releases`"),
        (TableLocation("s3a://bucket/out/"), "s3a://bucket/out/releases", "delta.`s3a://bucket/out/releases`"),
        (TableLocation("/out/with `ticks`"), "/out/with `ticks`/releases", "delta.`/out/with ``ticks``/releases`"),
    ],
)
def test_a_published_table_has_a_name_for_people_and_one_for_sql(place: TableLocation, name: str, in_sql: str) -> None:
    assert place.name("releases") == name
    assert place.in_sql("releases") == in_sql
