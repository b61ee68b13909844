"""The proposed settings say where they came from."""

from __future__ import annotations

from ctdc_spark.cases.profile import ColumnProfile
from ctdc_spark.cases.proposal_text import Proposal, write_proposal


def propose(edges: dict[str, list[float]]) -> str:
    ages = ColumnProfile("age", "number", 90, 1.0, 1.0, 0.05, 0.0, 0.0)
    keys = {"sensitive_microdata_path": "cases.csv", "output_dir": "out", "sensitive_dir": "hidden"}
    return write_proposal(Proposal(keys, [ages], {}, edges))


def test_edges_say_that_they_came_from_the_data() -> None:
    lines = propose({"age": [18, 30]}).splitlines()
    beside = lines[lines.index("bins:") - 1]
    assert beside == "# They came from a look at the data: with protection: dp choose others, without looking."
    assert lines[lines.index("bins:") + 1] == '  "age": {edges: [18, 30]}'


def test_every_proposal_says_that_nothing_of_it_is_declared() -> None:
    text = propose({})
    assert "With protection: dp what is declared must not come from the data" in text
    assert "They came from a look" not in text
