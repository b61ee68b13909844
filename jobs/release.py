"""Stage 5: publish the tables; the ledger comes last: spark-submit jobs/release.py --settings FILE [--release-id ID] [--force]."""

from ctdc_spark.submit import submit

submit("release")
