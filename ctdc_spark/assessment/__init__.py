"""Attacks on records of a release, and learning from them, judged by cases that were held out when it was made."""
