"""The same job done in several ways: all combinations of up to L attributes that at least k records hold, with counts.

Every contender writes the same two columns, the combination as text and its count; the published table has two more.
All find the same number of combinations.
"""

from __future__ import annotations

import itertools
import math
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

K = 10


@dataclass(frozen=True)
class Contender:
    """A way to do the job.

    Attributes:
        warm: counts from what `prepare` made, and saves the result.
        prepare: does what is not part of the warm stage: opening the session, reading, encoding.
    """

    prepare: Callable[[Path, Path], Any]
    warm: Callable[[Any, int, Path], None]


def open_session() -> SparkSession:
    """The session that every Spark contender uses."""
    from ctdc_spark.engine.session import local_session

    return local_session(os.environ.get("CTDC_BENCH_MASTER", "local[*]"))


def open_plain_session() -> SparkSession:
    """A session with the defaults of Spark and Delta, and as much memory as ours."""
    from delta import configure_spark_with_delta_pip
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = (
        SparkSession.builder.master(os.environ.get("CTDC_BENCH_MASTER", "local[*]"))
        .config("spark.driver.memory", "3g")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
    )
    return configure_spark_with_delta_pip(builder).getOrCreate()


def prepare_ours(data: Path, scratch: Path) -> Any:
    """The stage `cases`: read, prepare and encode."""
    spark = open_session()
    from ctdc_spark.protections.case_records import GroupSizeOfRecords
    from ctdc_spark.protections.context import StageContext
    from ctdc_spark.records.blocks import ENCODED_RECORDS
    from ctdc_spark.release.table_location import TableLocation
    from ctdc_spark.settings import build_settings
    from ctdc_spark.storage.staging import Staging
    from ctdc_spark.storage.workspace import Workspace

    settings = build_settings(
        {
            "sensitive_microdata_path": str(data),
            "output_dir": str(scratch / "out"),
            "reporting_resolution": K,
            "release_id": "benchmark",
        }
    )
    workspace = Workspace(spark, str(scratch), settings.fingerprint())
    context = StageContext(spark, settings, workspace, Staging.of(spark, settings), TableLocation.of(settings), print)
    workspace.finish_stage(GroupSizeOfRecords().encode(context))
    return workspace.read("encoded_records", ENCODED_RECORDS), workspace.read_dictionary(), settings


def warm_ours(prepared: Any, length: int, target: Path) -> None:
    """Plan, count, protect, put into words and write."""
    from ctdc_spark.combinations.counting import plan_counting
    from ctdc_spark.combinations.plan import Limits
    from ctdc_spark.combinations.reporting import report_combinations
    from ctdc_spark.release.writer import SKIPPING

    records, dictionary, settings = prepared
    plan = plan_counting(records, Limits(K, length))
    reported = report_combinations(records, plan, dictionary, settings, ("combination_text", "protected_count"))
    save_delta(reported, target, {SKIPPING: "protected_count"})


def prepare_rows(data: Path, _: Path) -> Any:
    """One array of `column:value` strings per record, held in memory, in our session."""
    return read_rows(open_session(), data)


def prepare_plain_rows(data: Path, _: Path) -> Any:
    """The same in a plain session."""
    return read_rows(open_plain_session(), data)


def read_rows(spark: SparkSession, data: Path) -> DataFrame:
    """One array of `column:value` strings per record, held in memory."""
    from pyspark.sql import functions as F

    rows = spark.read.csv(str(data), sep="\t", header=True)
    parts = [
        F.when(F.col(c).isNotNull() & ~F.col(c).isin("", "0"), F.concat(F.lit(f"{c}:"), F.col(c))) for c in rows.columns
    ]
    items = rows.select(F.filter(F.array(*parts), lambda item: item.isNotNull()).alias("items"))
    kept = items.repartition(8).persist()  # one small file is one partition: use both cores
    kept.count()
    return kept


def warm_explode(rows: DataFrame, length: int, target: Path) -> None:
    """What most people would write: a Python UDF that lists the combinations, explode, groupBy."""
    from pyspark.sql import functions as F

    @F.udf("array<string>")
    def combinations_of(items: list[str]) -> list[str]:
        found = sorted(items)
        return [";".join(s) for size in range(1, length + 1) for s in itertools.combinations(found, size)]

    counted = rows.select(F.explode(combinations_of("items")).alias("combination")).groupBy("combination").count()
    save_delta(counted.where(F.col("count") >= K), target)


def warm_fpgrowth(rows: DataFrame, length: int, target: Path) -> None:
    """Spark ML's FPGrowth; it cannot stop at a length, so longer combinations are found and thrown away."""
    from pyspark.ml.fpm import FPGrowth
    from pyspark.sql import functions as F

    support = (K - 0.5) / rows.count()
    found = FPGrowth(itemsCol="items", minSupport=support, minConfidence=1.0).fit(rows).freqItemsets
    save_delta(found.where(F.size("items") <= length), target)


def prepare_polars(data: Path, _: Path) -> Any:
    """A data frame in memory, values as categories, absent values null."""
    import polars as pl

    frame = pl.read_csv(data, separator="\t", infer_schema=False)
    absent = pl.all().is_in(["", "0"])
    return frame.with_columns(pl.when(absent).then(None).otherwise(pl.all()).name.keep()).cast(pl.Categorical)


def warm_polars(frame: Any, length: int, target: Path) -> None:
    """One group_by for every set of columns, on all cores; what an engineer with one machine would write."""
    import polars as pl

    columns = frame.columns
    target.mkdir(parents=True, exist_ok=True)
    lazy, number = frame.lazy(), 0
    for size in range(1, length + 1):
        sets = itertools.combinations(columns, size)
        for _ in range(math.ceil(math.comb(len(columns), size) / 200)):
            queries = [
                lazy.drop_nulls(list(chosen)).group_by(chosen).len().filter(pl.col("len") >= K)
                for chosen in itertools.islice(sets, 200)
            ]
            texts = [
                found.select(
                    pl.concat_str(
                        [pl.lit(c + ":") + pl.col(c).cast(pl.String) for c in found.columns[:-1]], separator=";"
                    ).alias("combination"),
                    pl.col("len").alias("count"),
                )
                for found in pl.collect_all(queries)
            ]
            pl.concat(texts).write_parquet(target / f"part-{number}.parquet")
            number += 1


def save_delta(table: DataFrame, target: Path, options: dict[str, str] | None = None) -> None:
    """Write a Delta table."""
    writer = table.write.format("delta").mode("overwrite").option("overwriteSchema", "true")
    writer.options(**(options or {})).save(str(target))


CONTENDERS = {
    "ours": Contender(prepare_ours, warm_ours),
    "explode": Contender(prepare_rows, warm_explode),
    "explode-plain": Contender(prepare_plain_rows, warm_explode),
    "fpgrowth": Contender(prepare_rows, warm_fpgrowth),
    "polars": Contender(prepare_polars, warm_polars),
}
