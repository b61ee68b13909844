"""Stage 2: count all frequent short combinations.

Run with: spark-submit jobs/combinations.py --settings FILE.
"""

from ctdc_spark.cli.submit import submit

submit("combinations")
