# Databricks notebook source
# MAGIC %md
# MAGIC # A first release
# MAGIC
# MAGIC From artificial case records to synthetic records, protected counts and a page to explore both.
# MAGIC The records are artificial: they describe nobody, and no figure here is a statistic of anything.
# MAGIC
# MAGIC On Databricks, install the wheel of ctdc-spark on the cluster first and set `CTDC_SPARK_NOTEBOOK_DIR` to a
# MAGIC folder of a volume. Elsewhere this file runs as a plain Python program: `python notebooks/01_first_release.py`.

# COMMAND ----------

# MAGIC %md
# MAGIC ## Where it happens
# MAGIC
# MAGIC A notebook brings its `spark`; a plain program starts one of its own.

# COMMAND ----------

# ruff: noqa: D100, E402, T201 - a notebook prints, and imports where it first needs something

import os
import tempfile

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

import ctdc_spark as ctdc

spark = SparkSession.getActiveSession() or ctdc.local_session("local[2]")
folder = os.environ.get("CTDC_SPARK_NOTEBOOK_DIR") or tempfile.mkdtemp(prefix="ctdc-spark-")
print(folder)

# COMMAND ----------

# MAGIC %md
# MAGIC ## Case records
# MAGIC
# MAGIC 2,000 artificial records with the columns of the CTDC global synthetic data set: one row per person, empty where
# MAGIC something is unknown. This is the *sensitive* side; with real data, access to it is restricted.

# COMMAND ----------

from ctdc_spark.demo.cases import demo_cases, write_demo_cases
from ctdc_spark.io import files

data = f"{folder}/cases"
if not files.exists(data):
    write_demo_cases(demo_cases(spark, records=2_000, seed=7), data, "parquet")
cases = spark.read.parquet(data)
cases.select("gender", "ageBroad", "citizenship", "isForcedLabour", "meansThreats").show(5)

# COMMAND ----------

# MAGIC %md
# MAGIC ## Settings
# MAGIC
# MAGIC Everything that defines the release, in one place. k = 10: no group of fewer than ten people may be described,
# MAGIC and counts are rounded down to multiples of ten. Everything that is wrong in settings is reported at once,
# MAGIC before anything runs. `ctdc.load_settings("settings.yaml")` reads them from a file; without an input they are
# MAGIC for `ctdc.Publisher.from_dataframe(spark, cases, settings)`, which takes records from a DataFrame.

# COMMAND ----------

settings = ctdc.Settings(
    sensitive_microdata_path=data,
    sensitive_microdata_format="parquet",
    use_columns=[
        "yearOfRegistration",
        "gender",
        "ageBroad",
        "citizenship",
        "isForcedLabour",
        "isSexualExploit",
        "meansThreats",
        "meansWithholdDocs",
    ],
    bins={"yearOfRegistration": {"edges": [2010, 2015, 2020]}},
    group_rare_values={"citizenship": {"into": "Other"}},
    column_groups={"Means of control": ["meansThreats", "meansWithholdDocs"]},
    reporting_resolution=10,
    reporting_length=3,
    output_dir=f"{folder}/release",
    sensitive_dir=f"{folder}/release_sensitive",
    release_id="first",
    report_title="A first release of artificial case records",
)

# COMMAND ----------

# MAGIC %md
# MAGIC ## Check first
# MAGIC
# MAGIC The same as `ctdc-spark check`: would the data be refused, and does a column look like an identifier? A notebook
# MAGIC shows the value of a cell's last line; here it is printed.

# COMMAND ----------

publisher = ctdc.Publisher(spark, settings)
print(publisher.check())

# COMMAND ----------

# MAGIC %md
# MAGIC ... and what it will take, on four cores:

# COMMAND ----------

print(publisher.plan(cores=4))

# COMMAND ----------

# MAGIC %md
# MAGIC ## The release
# MAGIC
# MAGIC Seven stages. After the third, every synthetic record has been proved to be shared by at least ten of the case
# MAGIC records; if one were not, the run would end here and nothing would be published.

# COMMAND ----------

release = publisher.run(force=True)
print(release)

# COMMAND ----------

# MAGIC %md
# MAGIC ## What was published
# MAGIC
# MAGIC Delta tables, and a ledger with a row for each complete release. Readers who have only these open the release
# MAGIC with `ctdc.open_release(spark, folder)`.

# COMMAND ----------

records, counts, metrics = release.records, release.counts, release.metrics
release.ledger.select("release_id", "protected_number_of_subjects", "number_of_synthetic_records", "guarantee").show(
    truncate=False
)
records.drop("release_id", "record_id").show(5)

# COMMAND ----------

# MAGIC %md
# MAGIC ## Aggregate data
# MAGIC
# MAGIC The most frequent pairs. A pair that is missing here is shared by fewer than ten people, or by none (in some
# MAGIC cases other counts narrow this down). `count` says whether a count is published or withheld, and its bounds.

# COMMAND ----------

counts.where("length = 2").orderBy(F.desc("protected_count"), "combination_text").select(
    "combination_text", "protected_count"
).show(10, truncate=False)
print(release.count({"gender": "Woman", "isForcedLabour": "1"}))

# COMMAND ----------

# MAGIC %md
# MAGIC ## How close the synthetic records are
# MAGIC
# MAGIC Single attributes are kept nearly exactly, longer combinations less so. Where there is a protected count, use
# MAGIC it; synthetic records are for questions that the counts do not answer.

# COMMAND ----------

by_length = metrics.where("count_from is null and length is not null")
by_length.groupBy("metric").pivot("length").agg(F.round(F.first("value"), 3)).orderBy("metric").show(truncate=False)
metrics.where("reference = 'proof'").orderBy("metric", "length").select("metric", "length", "value").show()

# COMMAND ----------

# MAGIC %md
# MAGIC An estimate from the records beside the actual protected count:

# COMMAND ----------

estimated = records.groupBy("gender").agg(F.count("*").alias("estimated")).where("gender is not null")
actual = counts.where("length = 1").select(
    F.col("combination")[0]["column"].alias("column"),
    F.col("combination")[0]["value"].alias("gender"),
    F.col("protected_count").alias("actual"),
)
genders = estimated.join(actual.where("column = 'gender'").drop("column"), "gender", "full_outer").orderBy("gender")
genders.show(truncate=False)

# COMMAND ----------

# MAGIC %md
# MAGIC ## The page
# MAGIC
# MAGIC One file, made from the published tables alone. It needs no network and can be sent by mail. The run wrote it
# MAGIC beside the tables; in a notebook `release.explore()` shows it below the cell.

# COMMAND ----------

page = release.write_page()
print(page)

# COMMAND ----------

# MAGIC %md
# MAGIC ## Proved again
# MAGIC
# MAGIC Whoever may read the case records can prove at any time that what was published keeps its promises.

# COMMAND ----------

verification = publisher.verify()
print(verification)
verification.require()

# COMMAND ----------

# MAGIC %md
# MAGIC ## Afterwards
# MAGIC
# MAGIC `release/` may be given away. `release_sensitive/` holds exact counts: protect it like the case records, and
# MAGIC delete it when it is no longer needed.
