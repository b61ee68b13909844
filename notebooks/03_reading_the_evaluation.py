# Databricks notebook source
# MAGIC %md
# MAGIC # Reading the evaluation
# MAGIC
# MAGIC Every release comes with figures on how good it is. This notebook reads them from the published tables of [the
# MAGIC first notebook](01_first_release.py): run that first, with the same `CTDC_SPARK_NOTEBOOK_DIR`.

# COMMAND ----------

# ruff: noqa: D100, T201 - a notebook prints, and imports where it first needs something

import os

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

import ctdc_spark as ctdc

spark = SparkSession.getActiveSession() or ctdc.local_session("local[2]")
release = ctdc.open_release(spark, os.environ.get("CTDC_SPARK_NOTEBOOK_DIR", ".") + "/release")
print(release)

# COMMAND ----------

metrics = release.metrics
attributes = release.attribute_metrics

# COMMAND ----------

# MAGIC %md
# MAGIC ## 1. Is it safe?
# MAGIC
# MAGIC The rows with `reference = 'proof'` were established against the case records, for everything that was
# MAGIC published:
# MAGIC
# MAGIC - `rare`: published combinations that someone has, but fewer than k people. Must be 0.
# MAGIC - `leakage`: those of them that are rare in the synthetic records too. Must be 0.
# MAGIC - `fabrication`: published combinations that nobody has. Must be 0.
# MAGIC - `strict_share`: share of the records that at least k people share with all their attributes. 1 under the
# MAGIC   guarantee *strict*.

# COMMAND ----------

proof = metrics.where("reference = 'proof'").orderBy("metric", "length").select("metric", "length", "value")
proof.show(50)
violations = proof.where("metric in ('rare', 'leakage', 'fabrication') and value > 0").count()
print("violations:", violations)

# COMMAND ----------

# MAGIC %md
# MAGIC ## 2. How faithful is it, by length?
# MAGIC
# MAGIC Against the reported counts. Presence falls and errors grow with the length: a triple of attributes is shared by
# MAGIC fewer people than each of its pairs, and records that k people share cannot hold all of them.

# COMMAND ----------

by_length = metrics.where("reference = 'reported' and count_from is null and length is not null")
shown = by_length.groupBy("metric").pivot("length").agg(F.round(F.first("value"), 3)).orderBy("metric")
shown.show(truncate=False)

# COMMAND ----------

# MAGIC %md
# MAGIC ## 3. ... and by how frequent a combination is
# MAGIC
# MAGIC The same for pairs, in bins of their reported count: what many people share is kept well, and errors are where
# MAGIC groups are small. An answer about a large group can be trusted more than the average suggests.

# COMMAND ----------

by_count = (
    metrics.where("reference = 'reported' and length = 2 and metric in ('combinations', 'mean_relative_error')")
    .where("count_from is not null")
    .groupBy("count_from", "count_to")
    .pivot("metric", ["combinations", "mean_relative_error"])
    .agg(F.round(F.first("value"), 3))
    .orderBy("count_from")
)
by_count.show()

# COMMAND ----------

# MAGIC %md
# MAGIC ## 4. Which attributes were kept, and which were not?
# MAGIC
# MAGIC `attribute_metrics` has a row for each value: its reported and its synthetic count, and how the combinations
# MAGIC that contain it fared. Read the last rows before you use one of these columns.

# COMMAND ----------

worst = (
    attributes.where("value is not null")
    .orderBy(F.desc("mean_relative_error"))
    .select("column", "value", "protected_count", "synthetic_count", F.round("mean_relative_error", 3).alias("error"))
)
worst.show(10, truncate=False)

# COMMAND ----------

# MAGIC %md
# MAGIC ## 5. One number for the whole
# MAGIC
# MAGIC The k-marginal score, from 0 to 1000, in the manner of NIST's SDNist: how close the shares of all combinations
# MAGIC of values are over two and over three columns at a time. It compares with the published counts, each taken as
# MAGIC the midpoint of the range that it stands for; everything absent or withheld is one cell. Perfect records would
# MAGIC get a little less than 1000. The score against the case records themselves stays in the sensitive place.

# COMMAND ----------

score = metrics.where("metric like 'k_marginal%'").select("metric", "reference", F.round("value", 1).alias("value"))
score.show(truncate=False)

# COMMAND ----------

# MAGIC %md
# MAGIC ## Conclusions
# MAGIC
# MAGIC - Where there is a reported count, use it: it is exact apart from rounding. The synthetic records are for what
# MAGIC   was not counted.
# MAGIC - Beside every figure that you take from the synthetic records, state the error for its length.
# MAGIC - If an attribute you need fares badly, coarser values of *other* columns help it more than a smaller k.
