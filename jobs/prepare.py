"""All stages that read sensitive data: 1 to 5. Their results wait in `staging_dir`, proven and sealed.

Run with: spark-submit jobs/prepare.py --settings FILE.
"""

from ctdc_spark.cli.submit import submit

submit("prepare")
