"""Stage 2: count all frequent short combinations: spark-submit jobs/combinations.py --settings FILE [--release-id ID] [--force]."""

from ctdc_spark.submit import submit

submit("combinations")
