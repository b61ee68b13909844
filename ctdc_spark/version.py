"""The version of the package, for ledgers, the command line and the wheel."""

__version__ = "0.1.0"
