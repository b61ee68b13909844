"""Stage 4: compare the synthetic records with the aggregates: spark-submit jobs/evaluation.py --settings FILE [--release-id ID] [--force]."""

from ctdc_spark.submit import submit

submit("evaluation")
