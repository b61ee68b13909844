"""Stage 1: read, prepare and encode the sensitive data: spark-submit jobs/cases.py --settings FILE [--release-id ID] [--force]."""

from ctdc_spark.submit import submit

submit("cases")
