"""Stage 6: publish the tables; the ledger comes last.

Run with: spark-submit jobs/release.py --settings FILE.
"""

from ctdc_spark.cli.submit import submit

submit("release")
