"""What `verify` does, by protection, and files of other tools."""
