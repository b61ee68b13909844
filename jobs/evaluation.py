"""Stage 4: compare the synthetic records with the aggregates.

Run with: spark-submit jobs/evaluation.py --settings FILE.
"""

from ctdc_spark.cli.submit import submit

submit("evaluation")
