"""The stages that publish, 6 and 7: they read what waits in `staging_dir` and nothing sensitive.

Run with: spark-submit jobs/publish.py --settings FILE.
"""

from ctdc_spark.cli.submit import submit

submit("publish")
