"""Proof that what is about to be published keeps the guarantee; knows nothing of how it was made."""
