"""Stage 1: read, prepare and encode the sensitive data.

Run with: spark-submit jobs/cases.py --settings FILE.
"""

from ctdc_spark.cli.submit import submit

submit("cases")
