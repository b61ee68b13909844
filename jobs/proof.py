"""Stage 5: verify what will be published against the sensitive data, and seal it.

Run with: spark-submit jobs/proof.py --settings FILE.
"""

from ctdc_spark.cli.submit import submit

submit("proof")
