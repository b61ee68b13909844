"""The names of synthesizers."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from ctdc_spark.errors import SettingsError
from ctdc_spark.synthesis import synthesize
from ctdc_spark.synthesis.synthesize import register_synthesizer
from ctdc_spark.synthesis.task import SynthesisSettings, SynthesisTask


def make_nothing(task: Any) -> Any:
    raise NotImplementedError


def make_little(task: Any) -> Any:
    raise NotImplementedError


def test_a_synthesizer_is_known_by_its_name_and_the_last_one_counts() -> None:
    register_synthesizer("mine", make_nothing)
    register_synthesizer("mine", make_little)
    assert synthesize.SYNTHESIZERS["mine"] is make_little


@pytest.mark.parametrize("name", ["calibrated", "row_seeded", "", "my own", "1st", "né"])
def test_names_that_cannot_be_used_are_refused(name: str) -> None:
    with pytest.raises(
        SettingsError, match=r"^name: found .*; allowed: letters, digits and _, no digit first, and none of calibrated"
    ):
        register_synthesizer(name, make_nothing)
    assert synthesize.SYNTHESIZERS.get(name) is not make_nothing


def test_a_synthesizer_is_handed_neither_records_nor_exact_counts() -> None:
    names = {field.name for field in fields(SynthesisTask)}
    settings = {field.name for field in fields(SynthesisSettings)}
    public = {"dictionary", "reported", "counts", "max_length", "settings", "materialize", "report"}
    assert names == public | {"oracle"}
    assert settings == {"threshold", "precision", "guarantee", "seed", "target_number_of_records"}
    room = Path(synthesize.__file__).parent
    for path in room.rglob("*.py"):
        knows = {word for word in ("ExactCounts", "records_oracle", "count_combinations") if word in path.read_text()}
        assert not knows or path.name == "records_oracle.py", f"{path.name}: {knows}"


def test_only_the_baseline_is_given_the_records(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[Any, ...]] = []
    register_synthesizer("mine", lambda *parts: given.append(parts))  # type: ignore[arg-type]
    monkeypatch.setitem(synthesize.FROM_RECORDS, "row_seeded", lambda *parts: given.append(parts))
    task, records = object(), object()
    for mode in ("mine", "row_seeded"):
        synthesize.synthesize(mode, task, records)  # type: ignore[arg-type]
    assert given == [(task,), (task, records)]
