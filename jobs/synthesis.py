"""Stage 3: make synthetic records and prove every one.

Run with: spark-submit jobs/synthesis.py --settings FILE.
"""

from ctdc_spark.cli.submit import submit

submit("synthesis")
