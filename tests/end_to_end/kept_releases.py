"""Releases as earlier versions published them, kept as text and written as Delta tables.

`kept/<version>.json` holds the published tables of a version: columns, comments, properties and every row. The data are
the artificial ones of these tests. A version is kept when the next one adds columns or tables:

    python -m tests.end_to_end.kept_releases FOLDER tests/end_to_end/kept/<version>.json

with the folder in which that version published releases `kept-k` (of `sample.py`, with its KEYS) and `kept-dp` (of
DP_KEYS). A file is never changed afterwards: its content is in somebody's tables.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from ctdc_spark.engine.sql_names import quote_name

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

KEPT = Path(__file__).parent / "kept"

GIVEN = ("delta.constraints.", "delta.columnMapping.mode", "delta.dataSkippingStatsColumns")
"""Prefixes of the properties that were given with a table; Delta makes the others."""

DP_KEYS: dict[str, object] = {
    "protection": "dp",
    "noise_epsilon": 3.0,
    "reporting_length": 2,
    "reporting_resolution": 10,
    "report_title": "Noisy counts for tests",
    "domain": {"region": ["north", "south", "east", "west"], "work": ["farm", "house", "mine"], "flag": ["1"]},
}


def dp_rows() -> list[dict[str, str | None]]:
    """The data of release `kept-dp`: 1,200 rows in which regions and work go together."""
    draw = random.Random(9)
    rows: list[dict[str, str | None]] = []
    for _ in range(1_200):
        region = draw.choices(["north", "south", "east"], [5, 3, 1])[0]
        work = draw.choices(["farm", "house", None], [6, 1, 1] if region == "north" else [1, 6, 2])[0]
        rows.append({"region": region, "work": work, "flag": "1" if draw.random() < 0.5 else None})
    return rows


def read_kept(version: str) -> dict[str, dict[str, Any]]:
    """The tables of a version: for each its comment, properties, columns and rows, without nulls."""
    tables: dict[str, dict[str, Any]] = json.loads((KEPT / f"{version}.json").read_text(encoding="utf-8"))
    return tables


def lay_down(spark: SparkSession, version: str, place: Path) -> None:
    """Write the tables of a version into a folder, as that version left them."""
    for name, table in read_kept(version).items():
        columns = ", ".join(f"{quote_name(c)} {kind} COMMENT {_text(said)}" for c, kind, said in table["columns"])
        properties = ", ".join(f"'{key}' = {_text(value)}" for key, value in table["properties"].items())
        spark.sql(
            f"CREATE TABLE delta.`{place / name}` ({columns}) USING delta PARTITIONED BY (release_id) "
            f"COMMENT {_text(table['comment'])} TBLPROPERTIES ({properties})"
        )
        rows = spark.createDataFrame([(json.dumps(row),) for row in table["rows"]], "row string")
        kinds = ", ".join(f"{quote_name(c)} {kind}" for c, kind, _ in table["columns"])
        whole = rows.select(F.from_json("row", kinds).alias("row")).select("row.*")
        whole.write.format("delta").mode("append").save(str(place / name))


def keep(spark: SparkSession, place: Path) -> dict[str, dict[str, Any]]:
    """The tables in a folder as `read_kept` gives them."""
    kept = {}
    for log in sorted(place.glob("*/_delta_log")):
        path = f"delta.`{log.parent}`"
        detail, frame = spark.sql(f"DESCRIBE DETAIL {path}").collect()[0], spark.read.table(path)
        rows = frame.select(F.to_json(F.struct("*")).alias("row")).orderBy("row").collect()
        kept[log.parent.name] = {
            "comment": detail["description"],
            "properties": {key: value for key, value in detail["properties"].items() if key.startswith(GIVEN)},
            "columns": [
                [field.name, field.dataType.simpleString(), field.metadata.get("comment", "")]
                for field in frame.schema.fields
            ],
            "rows": [json.loads(row["row"]) for row in rows],
        }
    return kept


def write_kept(kept: dict[str, dict[str, Any]], path: Path) -> None:
    """One row per line, so that differences can be read."""
    tables = []
    for name, table in kept.items():
        rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in table["rows"])
        head = json.dumps({key: value for key, value in table.items() if key != "rows"}, ensure_ascii=False, indent=1)
        tables.append(f'{json.dumps(name)}: {head[:-2]},\n "rows": [\n{rows}\n]}}')
    path.write_text("{\n" + ",\n".join(tables) + "\n}\n", encoding="utf-8")


def _text(said: str) -> str:
    return "'" + said.replace("\\", "\\\\").replace("'", "\\'") + "'"


if __name__ == "__main__":
    from ctdc_spark.engine.session import local_session

    write_kept(keep(local_session("local[2]"), Path(sys.argv[1])), Path(sys.argv[2]))
