"""Stage 3: make synthetic records and prove every one: spark-submit jobs/synthesis.py --settings FILE [--release-id ID] [--force]."""

from ctdc_spark.submit import submit

submit("synthesis")
