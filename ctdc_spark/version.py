"""The version of the package, for whoever says it: ledgers, the command line, and those who build the wheel."""

__version__ = "0.1.0"
