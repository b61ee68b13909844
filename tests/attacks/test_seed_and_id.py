"""Whoever has the release and guesses its settings can find neither its seed nor what its id was derived from."""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from pathlib import Path
from typing import Any

import pytest

from ctdc_spark.errors import DataError, SettingsError
from ctdc_spark.pipeline.identity import FIRST, IDS, PUBLISHING, SALT, identify
from ctdc_spark.pipeline.run import STAGES, PublishingStage
from ctdc_spark.release.names import TAKEN
from ctdc_spark.settings import Settings, build_settings
from ctdc_spark.settings.rules import RESERVED_RELEASES

WHOLE = [stage.name for stage in STAGES]


def settings_in(folder: Path, **keys: Any) -> Settings:
    places = {"output_dir": str(folder / "release"), "sensitive_dir": str(folder / "sensitive")}
    return build_settings({"sensitive_microdata_path": "cases.csv", **places, **keys})


def named(settings: Settings, stages: list[str]) -> Settings:
    """Identified without a warning."""
    return identify(settings, stages, pytest.fail)


def test_the_first_and_the_publishing_stages_are_those_of_the_pipeline() -> None:
    assert STAGES[0].name == FIRST
    assert {stage.name for stage in STAGES if isinstance(stage, PublishingStage)} == PUBLISHING


def test_the_same_settings_in_the_same_place_give_the_same_release(tmp_path: Path) -> None:
    first = named(settings_in(tmp_path), WHOLE)
    again = named(settings_in(tmp_path), WHOLE)
    assert (again.release_id, again.seed) == (first.release_id, first.seed)
    later = named(settings_in(tmp_path), ["synthesis"])
    assert (later.release_id, later.seed) == (first.release_id, first.seed)
    assert again.fingerprint() == settings_in(tmp_path).fingerprint()
    other = named(settings_in(tmp_path, reporting_length=2), WHOLE)
    assert other.release_id != first.release_id
    assert other.seed != first.seed


def test_a_seed_that_is_given_stays_and_makes_the_same_release_anywhere(tmp_path: Path) -> None:
    given = {"seed": 7, "release_id": "2026-11"}
    settings = named(settings_in(tmp_path, **given), WHOLE)
    assert (settings.seed, settings.release_id) == (7, "2026-11")
    assert not (tmp_path / "sensitive" / SALT).exists()  # nothing was left open


def test_two_places_give_unrelated_ids_and_seeds(tmp_path: Path) -> None:
    found = [named(settings_in(tmp_path / str(i)), WHOLE) for i in range(20)]
    assert len({settings.release_id for settings in found}) == len({settings.seed for settings in found}) == 20
    assert len({settings.fingerprint() for settings in found}) == 1
    assert max(settings.resolved_seed for settings in found) > 2**56  # no few digits to try


@pytest.mark.parametrize("name", sorted(RESERVED_RELEASES))
def test_no_release_is_called_like_what_lies_beside_it(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=f"release_id: found {name.upper()}, which is the name of something else"):
        settings_in(tmp_path, release_id=name.upper())
    assert {*TAKEN, SALT, IDS} == RESERVED_RELEASES


def test_the_id_cannot_be_searched_for_with_all_settings_in_hand(tmp_path: Path) -> None:
    """The attack found path, labels and seed by hashing candidates; now even the right ones do not give the id."""
    settings = named(settings_in(tmp_path, seed=48213), WHOLE)
    fingerprint = settings.fingerprint()
    digits = str(settings.release_id).removeprefix("release-")
    salt = json.loads((tmp_path / "sensitive" / SALT).read_text())["salt"]
    for guess in (fingerprint, "", f"release id {fingerprint}"):
        assert digits not in hashlib.sha256(guess.encode()).hexdigest()
    assert digits not in fingerprint
    assert len(bytes.fromhex(salt)) == 32


def test_a_publisher_learns_the_id_and_nothing_else(tmp_path: Path) -> None:
    keys = {"staging_dir": str(tmp_path / "staging")}
    prepared = named(settings_in(tmp_path, **keys), ["cases"])
    shutil.rmtree(tmp_path / "sensitive")
    publishing = named(settings_in(tmp_path, **keys), ["release", "explore"])
    assert publishing.release_id == prepared.release_id
    assert publishing.seed is None
    assert not (tmp_path / "sensitive").exists()
    written = "".join(path.read_text() for path in (tmp_path / "staging").rglob("*") if path.is_file())
    assert json.loads(written) == {"release_id": prepared.release_id}


def test_a_publisher_of_other_settings_is_told_what_to_do(tmp_path: Path) -> None:
    keys = {"staging_dir": str(tmp_path / "staging")}
    named(settings_in(tmp_path, **keys), ["cases"])
    with pytest.raises(DataError, match=r"staging_dir: .* holds no id .*\(release_id\)"):
        named(settings_in(tmp_path, **keys, reporting_length=2), ["release"])


def test_a_lost_secret_is_said(tmp_path: Path) -> None:
    first = named(settings_in(tmp_path), WHOLE)
    (tmp_path / "sensitive" / str(first.release_id)).mkdir()
    (tmp_path / "sensitive" / SALT).unlink()
    with pytest.raises(DataError, match=rf"holds no {SALT}.*\(release_id\)"):
        named(settings_in(tmp_path), ["evaluation"])
    said: list[str] = []
    again = identify(settings_in(tmp_path), WHOLE, said.append)
    assert again.release_id != first.release_id
    assert ["it was lost" in text for text in said] == [True]


def test_a_lost_sensitive_place_is_said_where_releases_were_made(tmp_path: Path) -> None:
    first = named(settings_in(tmp_path), WHOLE)
    (tmp_path / "release/releases").mkdir(parents=True)
    shutil.rmtree(tmp_path / "sensitive")
    said: list[str] = []
    assert identify(settings_in(tmp_path), WHOLE, said.append).release_id != first.release_id
    assert ["another release of the same data beside the existing one" in text for text in said] == [True]


@pytest.mark.parametrize(
    "text", ["", "{}", '{"salt": 5}', '{"salt": "no hex"}', "[]", '{"salt": ""}', '{"salt": "ab"}']
)
def test_a_secret_that_was_damaged_is_said_and_not_replaced(tmp_path: Path, text: str) -> None:
    named(settings_in(tmp_path), WHOLE)
    (tmp_path / "sensitive" / SALT).write_text(text)
    with pytest.raises(DataError, match=f"{SALT} is not the file that this program wrote: restore it"):
        named(settings_in(tmp_path), WHOLE)
    assert (tmp_path / "sensitive" / SALT).read_text() == text


def test_of_two_first_runs_at_once_both_get_the_same_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = secrets.token_hex
    meanwhile: list[Settings] = []

    def slow(size: int) -> str:
        monkeypatch.setattr(secrets, "token_hex", draw)
        meanwhile.append(named(settings_in(tmp_path), WHOLE))
        return draw(size)

    monkeypatch.setattr(secrets, "token_hex", slow)
    first = named(settings_in(tmp_path), WHOLE)
    assert (first.release_id, first.seed) == (meanwhile[0].release_id, meanwhile[0].seed)
