"""Stage 7: write the page from the published tables.

Run with: spark-submit jobs/explore.py --settings FILE.
"""

from ctdc_spark.cli.submit import submit

submit("explore")
