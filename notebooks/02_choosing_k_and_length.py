# Databricks notebook source
# MAGIC %md
# MAGIC # Choosing k and L
# MAGIC
# MAGIC k is the smallest group that may be described, L the longest combination that is counted. A larger k protects
# MAGIC more and tells less; a larger L tells more and costs more. This notebook measures both on your data *before*
# MAGIC anything is published. k itself is a policy decision: these plots show its price, not its value.
# MAGIC
# MAGIC What is computed here is sensitive until a k is chosen: run it where case records may be read. With matplotlib
# MAGIC (`pip install matplotlib`) there are plots; without it, the tables say the same.

# COMMAND ----------

# ruff: noqa: D100, E402, T201 - a notebook prints, and imports where it first needs something

import os
import tempfile

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

import ctdc_spark as ctdc

try:
    import matplotlib.pyplot as plt
except ImportError:
    plt = None  # type: ignore[assignment]

spark = SparkSession.getActiveSession() or ctdc.local_session("local[2]")
folder = os.environ.get("CTDC_SPARK_NOTEBOOK_DIR") or tempfile.mkdtemp(prefix="ctdc-spark-")

# COMMAND ----------

# MAGIC %md
# MAGIC ## Data and settings
# MAGIC
# MAGIC 1,000 artificial case records; put your own settings here. This notebook publishes nothing.

# COMMAND ----------

from ctdc_spark.demo.cases import demo_cases, write_demo_cases
from ctdc_spark.io import files

data = f"{folder}/cases_for_choosing"
if not files.exists(data):
    write_demo_cases(demo_cases(spark, records=1_000, seed=7), data, "parquet")


def settings_for(k, length=3):
    """The settings of a release with this k and L."""
    return ctdc.Settings(
        sensitive_microdata_path=data,
        sensitive_microdata_format="parquet",
        use_columns=["gender", "ageBroad", "isForcedLabour", "isSexualExploit", "meansThreats", "citizenship"],
        reporting_resolution=k,
        reporting_length=length,
        output_dir=f"{folder}/choosing_never_published",
        sensitive_dir=f"{folder}/choosing_sensitive",
        release_id=f"k{k}",
        keep_intermediates=True,
    )


# COMMAND ----------

# MAGIC %md
# MAGIC ## What the aggregate data can say
# MAGIC
# MAGIC How many combinations of each length at least k people share, for lengths up to 4. `publisher.plan()` estimates
# MAGIC this for one k, with the work it takes. For several at once, the code below uses the modules behind the API,
# MAGIC which [the pipeline](../docs/explanation/pipeline.md) describes: prepare, encode and count once, for the
# MAGIC smallest k.

# COMMAND ----------

from ctdc_spark.cases.dictionary import count_attributes
from ctdc_spark.cases.encode import encode_cases
from ctdc_spark.cases.pack import pack_cases
from ctdc_spark.cases.prepare import prepare_cases
from ctdc_spark.cases.source import load_cases
from ctdc_spark.combinations.counting import count_combinations, plan_counting
from ctdc_spark.combinations.plan import Limits

GRID = (5, 10, 20, 40)
smallest = settings_for(min(GRID))
raw, _ = load_cases(spark, smallest)
packed = pack_cases(prepare_cases(raw, smallest))
dictionary, exact = count_attributes(packed, smallest.threshold, smallest.precision)
records = encode_cases(packed, dictionary, exact.subjects)
plan = plan_counting(records, Limits(min(GRID), 4))
counted = count_combinations(records, plan)
by_length = counted.withColumn("length", F.size("combination")).groupBy("length")
reported = {
    row["length"]: [row[f"k{k}"] for k in GRID]
    for row in by_length.agg(*(F.count(F.when(F.col("count") >= k, 1)).alias(f"k{k}") for k in GRID)).collect()
}
print("combinations that at least k people share")
print("length " + "".join(f"{'k = ' + str(k):>10}" for k in GRID))
for length, numbers in sorted(reported.items()):
    print(f"{length:>6} " + "".join(f"{number:>10,}" for number in numbers))

# COMMAND ----------

# MAGIC %md The most frequent of them, as they would be published for k = 10: counted, protected and turned back into
# MAGIC values in one pass, so that exact counts do not leave the tasks that count.

# COMMAND ----------

from ctdc_spark.combinations.reporting import report_combinations

words = report_combinations(
    records, plan, dictionary, settings_for(10), ("length", "combination_text", "protected_count")
)
most = words.where("length = 3").orderBy(F.desc("protected_count"), "combination_text").limit(5).collect()
for row in most:
    print(f"{row['protected_count']:>8,}  {row['combination_text']}")

# COMMAND ----------

# MAGIC %md
# MAGIC ## What the synthetic records keep
# MAGIC
# MAGIC The first four stages for several k: they compute a release without publishing it. Presence is the share of
# MAGIC reported combinations that occur in the synthetic records; the error is the mean relative error.

# COMMAND ----------

from ctdc_spark.evaluation.metrics import METRICS
from ctdc_spark.storage.workspace import Workspace

TRIED = (5, 10, 40)
utility = {}
for k in TRIED:
    settings = settings_for(k)
    for stage in ("cases", "combinations", "synthesis", "evaluation"):
        ctdc.Publisher(spark, settings).run_job(stage)
    workspace = Workspace(spark, f"{settings.resolved_sensitive_dir}/k{k}", settings.fingerprint())
    whole = workspace.read("reported_metrics", METRICS).where("count_from is null and length is not null")
    utility[k] = {(row["metric"], row["length"]): row["value"] for row in whole.collect()}
print("             presence of length 1 / 2 / 3      mean relative error of length 1 / 2 / 3")
for k, values in utility.items():
    present, error = (
        " / ".join(f"{values[metric, length]:.3f}" for length in (1, 2, 3))
        for metric in ("presence", "mean_relative_error")
    )
    print(f"k = {k:<8} {present:<33} {error}")

# COMMAND ----------

# MAGIC %md
# MAGIC ## The plots
# MAGIC
# MAGIC Left: what the aggregate data can say. Right: how far the synthetic records are from it. Where the left curves
# MAGIC fall steeply, a slightly smaller k would tell much more; where they are flat, a larger k costs little.

# COMMAND ----------

if plt is not None:
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4))
    for length, numbers in sorted(reported.items()):
        left.plot(GRID, numbers, marker="o", label=f"length {length}")
    left.set(xlabel="k", ylabel="reported combinations", yscale="log", title="Aggregate data")
    left.legend()
    for length in (1, 2, 3):
        errors = [utility[k]["mean_relative_error", length] for k in TRIED]
        right.plot(TRIED, errors, marker="o", label=f"length {length}")
    right.set(xlabel="k", ylabel="mean relative error", ylim=(0, 1), title="Synthetic records")
    right.legend()
    figure.tight_layout()
    figure.savefig(f"{folder}/choosing.png")
    print(f"{folder}/choosing.png")

# COMMAND ----------

# MAGIC %md
# MAGIC ## How to choose
# MAGIC
# MAGIC - **k** comes from your policy first. National hotlines withhold numbers under three; health statistics often
# MAGIC   under ten or twenty. Then see whether the plots give a reason for another k.
# MAGIC - **L** is as many attributes as people's questions combine. Three are enough for most tables; each further one
# MAGIC   multiplies the combinations, and the longest are the least faithful in the synthetic records.
# MAGIC - **Columns** matter more than either: every column that nobody needs makes all groups smaller.
