"""The names by which synthesizers are known."""

from __future__ import annotations

from typing import Any

import pytest

from ctdc_spark.errors import SettingsError
from ctdc_spark.synthesis import synthesize
from ctdc_spark.synthesis.synthesize import SYNTHESIZERS, register_synthesizer


def make_nothing(task: Any) -> Any:
    raise NotImplementedError


def make_little(task: Any) -> Any:
    raise NotImplementedError


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthesize, "SYNTHESIZERS", dict(SYNTHESIZERS))


def test_a_synthesizer_is_known_by_its_name_and_the_last_one_counts() -> None:
    register_synthesizer("mine", make_nothing)
    register_synthesizer("mine", make_little)
    assert synthesize.SYNTHESIZERS["mine"] is make_little
    assert "mine" not in SYNTHESIZERS  # the test left none behind


@pytest.mark.parametrize("name", ["calibrated", "row_seeded", "", "my own", "1st", "né"])
def test_names_that_cannot_be_used_are_refused(name: str) -> None:
    with pytest.raises(SettingsError, match=r"^name: found .*; allowed: letters, digits and _, and none of calibrated"):
        register_synthesizer(name, make_nothing)
    assert synthesize.SYNTHESIZERS.get(name) is not make_nothing
