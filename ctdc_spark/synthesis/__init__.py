"""Synthetic records: candidates that keep the guarantee by construction, and how often each is published."""
