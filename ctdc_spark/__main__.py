"""`python -m ctdc_spark` is `ctdc-spark`."""

from ctdc_spark.cli import main

main()
