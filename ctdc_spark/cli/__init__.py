"""The command line: one file a command; nothing here is logic of a release."""
