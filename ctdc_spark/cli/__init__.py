"""The command line, one file per command; none of the logic of a release is here."""
