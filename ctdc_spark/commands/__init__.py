"""The commands of `ctdc-spark`, by what they are about; `ctdc_spark.cli` puts them together.

What a command needs is imported when it runs, so that `--help` and a mistyped option cost no Spark.
"""
