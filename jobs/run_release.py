"""The whole release.

Run with: spark-submit jobs/run_release.py --settings FILE.
"""

from ctdc_spark.cli.submit import submit

submit("run")
