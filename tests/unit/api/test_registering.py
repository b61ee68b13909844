"""A synthesizer of one's own: its name is known to the settings once registered, and not before."""

from __future__ import annotations

from typing import Any

import pytest

import ctdc_spark as ctdc
from ctdc_spark.settings import build_settings
from ctdc_spark.synthesis import synthesize

NEEDED: dict[str, Any] = {"sensitive_microdata_path": "cases.csv", "output_dir": "out"}


def mine(task: Any) -> Any:
    return task


def test_the_settings_know_a_name_once_it_is_registered() -> None:
    with pytest.raises(ctdc.SettingsError, match=r'^synthesis_mode: found "mine"; allowed: calibrated or row_seeded$'):
        build_settings(NEEDED | {"synthesis_mode": "mine"})
    ctdc.register_synthesizer("mine", mine)
    ctdc.register_synthesizer("mine", mine)
    settings = build_settings(NEEDED | {"synthesis_mode": "mine"})
    assert settings.public_settings()["synthesis_mode"] == "mine"
    assert settings.fingerprint() != build_settings(NEEDED).fingerprint()
    assert synthesize.SYNTHESIZERS["mine"] is mine
    with pytest.raises(ctdc.SettingsError, match=r'found "other"; allowed: calibrated, row_seeded or mine$'):
        ctdc.Settings(**NEEDED, synthesis_mode="other")


def test_registering_again_replaces_the_function() -> None:
    ctdc.register_synthesizer("mine", mine)
    ctdc.register_synthesizer("mine", lambda task: mine(task))
    assert synthesize.SYNTHESIZERS["mine"] is not mine


@pytest.mark.parametrize("name", ["calibrated", "row_seeded", "mixture", "", "my one", "né", "1st", "a;b", 5, None])
def test_a_name_that_cannot_be_used_is_refused(name: Any) -> None:
    with pytest.raises(
        ctdc.ArgumentError, match=r"^name: found .*; allowed: letters, digits and _, no digit first, and none of calib"
    ):
        ctdc.register_synthesizer(name, mine)


def test_what_is_no_function_is_refused() -> None:
    wrong: Any = "mine"
    with pytest.raises(ctdc.ArgumentError, match=r"^synthesizer: found a str; allowed: a function"):
        ctdc.register_synthesizer("mine", wrong)
