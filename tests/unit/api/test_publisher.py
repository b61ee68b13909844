"""What a publisher refuses before it needs Spark; no session is opened here."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import pytest

import ctdc_spark as ctdc


def never() -> NoReturn:
    raise AssertionError("a session was opened")


def publisher(folder: Path, **keys: Any) -> ctdc.Publisher:
    places = {"output_dir": str(folder / "release"), "sensitive_dir": str(folder / "sensitive")}
    return ctdc.Publisher(never, ctdc.Settings(**places | keys))


def test_what_is_given_must_be_of_its_kind(tmp_path: Path) -> None:
    good = publisher(tmp_path).settings
    wrong: Any
    for wrong, kind in (({"seed": 7}, "dict"), ((good, []), "tuple"), ("settings.yaml", "str"), (None, "NoneType")):
        with pytest.raises(
            ctdc.ArgumentError, match=rf"^settings: found a {kind}; allowed: the result of ctdc.Settings"
        ):
            ctdc.Publisher(never, wrong)
    for wrong, kind in (("local[2]", "str"), (None, "NoneType")):
        with pytest.raises(ctdc.ArgumentError, match=rf"^spark: found a {kind}; allowed: a Spark session$"):
            ctdc.Publisher(wrong, good)


def test_without_an_input_nothing_is_begun(tmp_path: Path) -> None:
    one = publisher(tmp_path)
    for method in (one.check, one.plan, one.run, one.prepare, one.verify):
        with pytest.raises(ctdc.SettingsError, match=r"found none; allowed: exactly one of them, or a DataFrame with"):
            method()
    assert not list(tmp_path.iterdir())


def test_what_was_not_prepared_is_not_published_and_no_session_is_opened_for_it(tmp_path: Path) -> None:
    one = publisher(tmp_path, staging_dir=str(tmp_path / "staging"), sensitive_microdata_path="cases.csv")
    with pytest.raises(ctdc.DataError, match=r"staging_dir: .* holds no id .* \(release_id\)$"):
        one.publish()
    with pytest.raises(ctdc.DataError, match=r"sensitive_dir: .* holds no release_salt.json"):
        one.verify()
    with pytest.raises(ctdc.ArgumentError, match=r"^job: found publsh; allowed: run, prepare, publish"):
        one.run_job("publsh")


def test_warnings_of_a_settings_file_are_told_as_pythons_own(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("sensitive_microdata_path: out/cases.csv\noutput_dir: out\n", encoding="utf-8")
    with pytest.warns(UserWarning, match="sensitive_microdata_path lies inside output_dir"):
        assert ctdc.load_settings(path, {"seed": 7}).seed == 7
    path.write_text("output_dir: out\n", encoding="utf-8")
    assert ctdc.load_settings(str(path)).sensitive_microdata_path is None
    with pytest.raises(ctdc.SettingsError, match="settings file: "):
        ctdc.load_settings(str(tmp_path / "nowhere.yaml"))


def test_a_path_may_be_an_object_of_pathlib(tmp_path: Path) -> None:
    settings = ctdc.Settings(sensitive_microdata_path=tmp_path / "cases.csv", output_dir=tmp_path / "out")
    assert settings.sensitive_microdata_path == str(tmp_path / "cases.csv")
    as_text = ctdc.Settings(sensitive_microdata_path=str(tmp_path / "cases.csv"), output_dir=str(tmp_path / "out"))
    assert settings == as_text
    assert settings.fingerprint() == as_text.fingerprint()


@pytest.mark.parametrize("wrong", [7, b"out", ["out"]])
def test_what_is_no_path_is_refused_with_its_parameter(wrong: Any) -> None:
    kind = type(wrong).__name__
    with pytest.raises(ctdc.ArgumentError, match=rf"^path: found a {kind}; allowed: a path$"):
        ctdc.load_settings(wrong)
    with pytest.raises(ctdc.ArgumentError, match=rf"^place: found a {kind}; allowed: a path$"):
        ctdc.open_release(None, wrong)  # type: ignore[arg-type] # it is not asked
    with pytest.raises(ctdc.SettingsError, match=r"^output_dir: found .*; allowed: a folder on any file system"):
        ctdc.Settings(sensitive_microdata_path="cases.csv", output_dir=wrong)
