"""Attacks on a release, one file for each way to learn what must stay hidden: neighbours, arithmetic, names, files.

Each test does what an attacker would do, or looks for what one would need, and fails if it succeeds. Who attacks, and
with what in hand, is described in docs/explanation/threat-model.md, which names every file of this folder.

- `make test` runs what takes seconds; tests marked `at_length` try many random inputs and run with `make test-attacks`
  and `make test-all`.
- `test_outside_attacks.py` needs a library and an environment of its own: `make test-assess`.
"""
