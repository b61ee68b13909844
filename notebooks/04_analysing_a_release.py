# Databricks notebook source
# MAGIC %md
# MAGIC # Analysing a release as a researcher
# MAGIC
# MAGIC You have the published tables and nothing else: no case records, no program that made them. What can you ask,
# MAGIC and how far can you trust an answer? This notebook reads the release of [the first one](01_first_release.py):
# MAGIC run that first, with the same `CTDC_SPARK_NOTEBOOK_DIR`. The records are artificial: no figure here says
# MAGIC anything about the world.

# COMMAND ----------

# ruff: noqa: D100, E402, T201 - a notebook prints, and imports where it first needs something

import os

from pyspark.sql import SparkSession

import ctdc_spark as ctdc

spark = SparkSession.getActiveSession() or ctdc.local_session("local[2]")
release = ctdc.open_release(spark, os.environ.get("CTDC_SPARK_NOTEBOOK_DIR", ".") + "/release")
print(release)

# COMMAND ----------

# MAGIC %md
# MAGIC ## The tables
# MAGIC
# MAGIC Each is a DataFrame with the rows of this release; `release.export("files", format="csv")` gives the same as
# MAGIC plain files, for work without Spark. A release is small enough for pandas.

# COMMAND ----------

records = release.records.drop("release_id", "record_id").toPandas()
metrics = release.metrics.toPandas()
people = release.ledger.collect()[0]["protected_number_of_subjects"]
print(f"about {people:,} people, {len(records):,} synthetic records")

# COMMAND ----------

# MAGIC %md
# MAGIC ## A count, and what its absence means
# MAGIC
# MAGIC A reported count is the true one, rounded down to a multiple of the precision, which is k unless the settings
# MAGIC accept less. **No row is not a zero**: fewer than k people, or nobody; in some cases other counts narrow this
# MAGIC down. So each count is an interval, which `count` states. A value that is not published is refused, with a list
# MAGIC of those that are.

# COMMAND ----------

for asked in ({"gender": "Woman"}, {"gender": "Woman", "isForcedLabour": "1"}):
    count = release.count(asked)
    print(count, count.low, count.high)
try:
    release.count({"gender": "Nobody's"})
except ctdc.ArgumentError as error:
    refused = str(error)
print(refused)

# COMMAND ----------

# MAGIC %md
# MAGIC ## A share needs its denominator
# MAGIC
# MAGIC An empty cell is *unknown or not applicable*, not "no". So shares are among the people with information, as
# MAGIC readers of the field's reports expect. How many these are is in `coverage`: for each column, and for all flags
# MAGIC of a group together, in the row without a column. The synthetic records cannot tell: they lack what did not fit
# MAGIC into them.

# COMMAND ----------

coverage = release.coverage.toPandas()
informed = coverage.set_index("column")["with_information"]
for value in ("Woman", "Man"):
    number = release.count({"gender": value}).count
    print(f"{value}: about {number / informed['gender']:.1%} of the {informed['gender'] / people:.1%} with information")
in_records = records["gender"].notna().mean()
print(f"gender is in {in_records:.0%} of the synthetic records")

# COMMAND ----------

# MAGIC %md
# MAGIC ## A table that was not counted
# MAGIC
# MAGIC Estimates from the records, scaled to the number of people, beside the reported counts where there are any. The
# MAGIC mean error of pairs says how far to trust the cells that have no reported count. For this many counts, read the
# MAGIC table itself instead of calling `count`.

# COMMAND ----------

import pandas as pd

pairs = release.counts.where("length = 2").toPandas()
counts = {
    frozenset((one["column"], one["value"]) for one in combination): count
    for combination, count in zip(pairs["combination"], pairs["protected_count"])  # noqa: B905 - equal columns
}


def reported(gender, age):
    """The protected count of a pair; 0 where there is none, which means fewer than k."""
    return counts.get(frozenset({("gender", gender), ("ageBroad", age)}), 0)


scale = people / len(records)
estimated = pd.crosstab(records["gender"], records["ageBroad"]) * scale
actual = estimated.apply(lambda ages: [reported(ages.name, age) for age in ages.index], axis=1)
print("estimated\n", estimated.round(-1).astype(int).to_string())
print("reported (0: fewer than k)\n", pd.DataFrame(actual.tolist(), estimated.index, estimated.columns).to_string())
of_length = metrics[(metrics["reference"] == "reported") & metrics["count_from"].isna()].set_index("metric")
errors = of_length.loc["mean_relative_error"].set_index("length")["value"]
print(f"mean relative error: {errors[1]:.1%} of single counts, {errors[2]:.1%} of pairs, {errors[3]:.1%} of triples")

# COMMAND ----------

# MAGIC %md
# MAGIC ## An association
# MAGIC
# MAGIC How strongly do two columns go together? Cramér's V from the reported pairs and from the records. Rounding and
# MAGIC absent cells can pull the two together or apart; where they disagree, believe the reported pairs.

# COMMAND ----------


def cramers_v(table):
    """Cramér's V of a table of counts, between 0 (independent) and 1."""
    total = table.to_numpy().sum()
    expected = table.sum(axis=1).to_numpy()[:, None] * table.sum(axis=0).to_numpy() / total
    chi_squared = ((table.to_numpy() - expected) ** 2 / expected)[expected > 0].sum()
    return (chi_squared / total / (min(table.shape) - 1)) ** 0.5


from_pairs = pd.DataFrame(actual.tolist(), estimated.index, estimated.columns)
from_pairs = from_pairs.loc[from_pairs.any(axis=1), from_pairs.any(axis=0)]
association = {"reported pairs": cramers_v(from_pairs), "synthetic records": cramers_v(estimated)}
print({name: round(value, 3) for name, value in association.items()})

# COMMAND ----------

# MAGIC %md
# MAGIC ## What not to do
# MAGIC
# MAGIC - Do not test significance on synthetic records: their number is chosen, not sampled.
# MAGIC - Do not look for single people in them: each record is shared by at least k.
# MAGIC - Do not subtract releases from each other, and do not read the absence of a row as the absence of people.
# MAGIC - Do not call the figures prevalence: they describe people who were identified and reported.
