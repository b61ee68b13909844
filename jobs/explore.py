"""Stage 6: write the page from the published tables: spark-submit jobs/explore.py --settings FILE [--release-id ID] [--force]."""

from ctdc_spark.submit import submit

submit("explore")
