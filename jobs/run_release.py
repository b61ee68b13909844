"""The whole release: spark-submit jobs/run_release.py --settings FILE [--release-id ID] [--force]."""

from ctdc_spark.submit import submit

submit("run")
