# Databricks notebook source
# MAGIC %md
# MAGIC # Extending: a new synthesizer
# MAGIC
# MAGIC A synthesizer is a function from a `SynthesisTask` to records. Whatever it makes is proven and evaluated like
# MAGIC the records of the others, by code that knows nothing of it: a bad idea is caught, and so is a careless one.
# MAGIC This notebook writes one in fewer than fifty lines, and then one that must not pass.

# COMMAND ----------

# ruff: noqa: D100, E402, T201 - a notebook prints, and imports where it first needs something

import os
import tempfile

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

import ctdc_spark as ctdc

spark = SparkSession.getActiveSession() or ctdc.local_session("local[2]")
folder = os.environ.get("CTDC_SPARK_NOTEBOOK_DIR") or tempfile.mkdtemp(prefix="ctdc-spark-")

# COMMAND ----------

# MAGIC %md
# MAGIC ## The idea
# MAGIC
# MAGIC Every reported combination is shared by at least k people. So a record that *is* a reported combination keeps
# MAGIC the guarantee by itself. Take the longest ones, and copy each in proportion to its protected count.
# MAGIC
# MAGIC A synthesizer is given protected counts, and an oracle that says whether at least k people have a set of
# MAGIC attributes. It is given neither case records nor exact counts, so only one rule is left to keep:
# MAGIC
# MAGIC - Random choices are a function of the seed and the record, never of how Spark divides the data. A hash serves.

# COMMAND ----------


def synthesize_from_combinations(task):
    """Records that are reported combinations of the longest length, in proportion to their protected counts.

    Args:
        task: what every synthesizer is given (`ctdc_spark.synthesis.task.SynthesisTask`).

    Returns:
        SYNTHETIC_RECORDS: (attributes array<int>, weight bigint).
    """
    longest = task.reported.where(F.size("combination") == task.max_length)
    total = longest.agg(F.sum("protected_count")).collect()[0][0] or 1
    expected = F.col("protected_count") * F.lit(task.counts.subjects / total)
    # 53 bits of a hash are a number in [0, 1): it decides whether the remainder makes one more copy
    chance = F.pmod(F.xxhash64(F.lit(task.settings.seed), "combination"), F.lit(2**53)) / F.lit(float(2**53))
    copies = F.floor(expected + chance).cast("bigint")
    made = longest.select(F.col("combination").alias("attributes"), copies.alias("weight"))
    task.report(f"records of {task.max_length} attributes each")
    return made.where("weight > 0")


# COMMAND ----------

# MAGIC %md
# MAGIC ## Settings
# MAGIC
# MAGIC `register_synthesizer` gives the function a name, which `synthesis_mode` may then be set to. In the package, a
# MAGIC new synthesizer is a folder in `ctdc_spark/synthesis`, a line in `SYNTHESIZERS` and its name in
# MAGIC `settings/modes.py`.

# COMMAND ----------

from ctdc_spark.demo.cases import demo_cases, write_demo_cases
from ctdc_spark.io import files

ctdc.register_synthesizer("from_combinations", synthesize_from_combinations)

data = f"{folder}/cases_for_extending"
if not files.exists(data):
    write_demo_cases(demo_cases(spark, records=1_000, seed=7), data, "parquet")


def settings_for(mode):
    """The settings of a release whose records are made in this mode, and which is named after it."""
    return ctdc.Settings(
        sensitive_microdata_path=data,
        sensitive_microdata_format="parquet",
        use_columns=["gender", "ageBroad", "isForcedLabour", "isSexualExploit", "meansThreats"],
        synthesis_mode=mode,
        output_dir=f"{folder}/extending",
        sensitive_dir=f"{folder}/extending_sensitive",
        release_id=mode,
    )


release = ctdc.Publisher(spark, settings_for("from_combinations")).run(force=True)
print(release)

# COMMAND ----------

# MAGIC %md
# MAGIC ## How good is it?
# MAGIC
# MAGIC It passed the proof. Its records are short, so single attributes and pairs come out too rarely or too often:
# MAGIC compare it with the calibrated synthesizer on your data before you adopt it.

# COMMAND ----------

metrics = release.metrics.where("reference = 'reported' and count_from is null and length is not null")
metrics.groupBy("metric").pivot("length").agg(F.round(F.first("value"), 3)).orderBy("metric").show(truncate=False)

# COMMAND ----------

# MAGIC %md
# MAGIC ## One that must not pass
# MAGIC
# MAGIC Reported combinations that are put together without asking the oracle make records that nobody has, or only a
# MAGIC few people. The proof looks at each record with all its attributes and finds those that fewer than k people
# MAGIC share: the stage ends with an error that names columns and numbers, never values. Nothing it made can be
# MAGIC published.

# COMMAND ----------


def synthesize_by_pasting(task):
    """One record with every attribute that is reported: each of them is frequent, all together are not."""
    everything = F.array_sort(F.array_distinct(F.flatten(F.collect_list("combination"))))
    return task.reported.agg(everything.alias("attributes")).withColumn("weight", F.lit(10).cast("bigint"))


ctdc.register_synthesizer("pasting", synthesize_by_pasting)
try:
    ctdc.Publisher(spark, settings_for("pasting")).run()
    refused = None
except ctdc.PrivacyGateError as error:
    refused = str(error)
print(refused)
