from __future__ import annotations

import numpy as np
import pytest

from ctdc_spark.proof import support as module
from ctdc_spark.proof.support import count_support
from ctdc_spark.records.records import Records
from tests.oracles.counting import support
from tests.oracles.random_records import random_records


def random_questions(seed: int, width: int) -> list[list[int]]:
    rng = np.random.default_rng(1000 + seed)
    drawn = {tuple(np.flatnonzero(rng.random(width) < rng.random()).tolist()) for _ in range(40)}
    return sorted([list(row) for row in drawn if row], key=lambda row: (len(row), row[::-1]))


@pytest.mark.parametrize("small", [False, True])
@pytest.mark.parametrize("seed", range(40))
def test_support_equals_brute_force(seed: int, small: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if small:
        monkeypatch.setattr(module, "TABLE_CELLS", 20)
        monkeypatch.setattr(module, "STEP_PAIRS", 3)
    records, written_out = random_records(seed)
    asked = random_questions(seed, 14)
    found = count_support(records, Records.from_lists(asked))
    assert found.tolist() == [support(written_out, row) for row in asked]


def test_a_record_that_nobody_holds_has_no_support() -> None:
    assert count_support(Records.from_lists([[0, 1], [1, 2]]), Records.from_lists([[0, 2]])).tolist() == [0]


def test_an_empty_question_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one attribute"):
        count_support(Records.from_lists([[0]]), Records.from_lists([[]]))
