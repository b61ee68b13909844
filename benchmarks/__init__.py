"""Measurements against other ways of doing the same job; not part of the package."""
