"""`python -m ctdc_spark` is `ctdc-spark`."""

from ctdc_spark.cli.main import main

main()
