"""Tests by cost.

    make test-fast    what needs neither Java nor a browser: a minute
    make test         the gate: all of that, Spark in this process and in a few others, the page in a browser
    make test-all     everything, ring by ring: what left the gate, killed runs, full disks, clusters, other versions

What earns a place in the gate: comparison with brute force, planted faults, killed runs, two runs at once, tests of the
documents. What does not: further seeds, a second release of a shape that another test makes, all checks where one can
see the fault. Such tests are marked `at_length`, with the reason.

A release takes longer than anything else, so `finished` (conftest.py) is made once in a run for all processes, and
copied where something is changed. Tests that use `spark` or `browser` are marked by that; one that starts Java by
itself must be marked `jvm`, or `make test-fast`, which hides Java, fails.
"""
