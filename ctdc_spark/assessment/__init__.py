"""Attacks on records of a release, and learning from them, judged against cases that were held out when it was made."""
