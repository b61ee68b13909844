"""`python -m ctdc_spark` is the command line."""

from ctdc_spark.cli import main

main()
