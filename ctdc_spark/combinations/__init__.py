"""Exact counts of all frequent short combinations, and their protection."""
