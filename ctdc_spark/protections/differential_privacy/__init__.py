"""Differential privacy: noise on every number that is measured, each use of the records charged to a budget."""
