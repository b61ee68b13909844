from __future__ import annotations

from pathlib import Path

import pytest

from ctdc_spark.cli.given import read_given
from ctdc_spark.errors import SettingsError
from ctdc_spark.settings import load_settings


def test_text_stays_as_it_stands_and_the_rest_is_read_as_in_a_file() -> None:
    pairs = ["output_dir=/Volumes/a: b=c", "report_title=1990", "seed=7", "missing_values=[-99, no]", "guarantee=2"]
    assert read_given(pairs) == {
        "output_dir": "/Volumes/a: b=c",
        "report_title": "1990",
        "seed": 7,
        "missing_values": ["-99", "no"],
        "guarantee": 2,
    }


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        read_given(["seed", "=7", "seed=", "sede=7", "prefix=a", "prefix=b"])
    assert len(refused.value.problems) == 5
    assert any("sede" in problem for problem in refused.value.problems)
    assert any("prefix twice" in problem for problem in refused.value.problems)


def test_what_is_given_replaces_what_the_file_says(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("sensitive_microdata_path: cases.csv\noutput_dir: out\nseed: 1\n", encoding="utf-8")
    settings, _ = load_settings(str(path), read_given(["sensitive_microdata_table=main.cases.victims", "seed=2"]))
    assert (settings.sensitive_microdata_path, settings.sensitive_microdata_table) == (None, "main.cases.victims")
    assert (settings.output_dir, settings.seed) == ("out", 2)
