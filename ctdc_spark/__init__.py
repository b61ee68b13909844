"""Publish sensitive case microdata safely, on Spark.

A release flows through the rooms of this package from left to right; nothing imports from its right-hand neighbour:

    settings -> cases -> combinations -> synthesis -> proof -> evaluation -> release -> explorer

* `settings` holds what was asked for; it knows no Spark.
* `cases` turns raw tables into distinct weighted records of attribute ids.
* `combinations` counts all short attribute combinations and protects the counts.
* `synthesis` makes k-synthetic records from protected information.
* `proof` establishes that every published record and count keeps the guarantee.
* `evaluation` measures how faithful the synthetic records are.
* `release` owns the published Delta tables and is the only writer of them.
* `explorer` makes the page in which people look at the result.

`ctdc_spark.pipeline.run` runs them in order; `ctdc_spark.cli.main` and `ctdc_spark.cli` are the command line.
"""

__version__ = "0.1.0"
