"""The name and the seed of a release, where the settings leave them open.

Both follow from the settings and a secret that lies in the sensitive place, so the same settings give the same release
there, while nobody without the secret can search for the settings behind an id, or replay random choices.

    <sensitive_dir>/release_salt.json                   the secret; drawn by the first run, never removed automatically
    <staging_dir>/release_ids/<fingerprint>.json        the id, for publishers who cannot read the sensitive place
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ctdc_spark.errors import DataError
from ctdc_spark.io import files
from ctdc_spark.io.file_modes import (
    close_off,
    make_private_folder,
    require_group,
    require_ours,
    share_folder,
    warn_of_others,
)
from ctdc_spark.release.contracts import RELEASES
from ctdc_spark.release.names import is_release_name
from ctdc_spark.storage.workspace import warn_of_leftovers

if TYPE_CHECKING:
    from ctdc_spark.settings import Settings

FIRST = "cases"
"""The stage that fixes what the settings leave open."""

PUBLISHING = frozenset({"release", "explore"})
"""The stages that may run under an identity that can read nothing sensitive."""

SALT = "release_salt.json"
IDS = "release_ids"

SALT_BYTES = 32
ID_DIGITS = 8
"""Hex digits of a release id after the prefix."""

SEED_BITS = 62
"""More seeds than anybody can try, with some room below 64 bits for sums."""

ABOUT = (
    "Release ids and seeds that the settings leave open are made with this secret. Keep it as safe as the case records "
    "and do not delete it: without it the same settings give another release."
)


def identify(settings: Settings, stages: Sequence[str], warn: Callable[[str], None]) -> Settings:
    """The settings with the release's id, and with its seed where one of the stages is on the sensitive side.

    The first stage fixes both, before anything is counted; the others find them.

    Args:
        settings: may leave `release_id` and `seed` open.
        stages: what will be run.
        warn: called if a secret was lost.

    Raises:
        DataError: the first stage has not fixed them yet.
    """
    if PUBLISHING.issuperset(stages):
        return find_release_id(settings)
    files.require_folder(settings.resolved_sensitive_dir, "sensitive_dir")
    return begin_release(settings, warn) if FIRST in stages else find_secrets(settings)


def begin_release(settings: Settings, warn: Callable[[str], None]) -> Settings:
    """Fix the id and the seed of a release before anything is counted; the secret is drawn if there is none yet.

    Args:
        settings: may leave `release_id` and `seed` open.
        warn: called if a secret was lost.

    Returns:
        The settings with both. What is given stays as it is.
    """
    for warning in look_at_places(settings):
        warn(warning)
    if settings.release_id is not None and settings.seed is not None:
        return settings
    salt = _read_salt(settings)
    filled = _fill(settings, _draw_salt(settings, warn) if salt is None else salt)
    if settings.release_id is None and settings.staging_dir is not None:
        _leave_id(filled, settings.staging_dir)
    return filled


def look_at_places(settings: Settings) -> list[str]:
    """Warnings about the places on this machine.

    Raises:
        DataError: one of them is not ours.
        SettingsError: there is no such group.
    """
    place = settings.resolved_sensitive_dir
    require_ours(place, "sensitive_dir")
    if settings.staging_dir is not None:
        require_ours(settings.staging_dir, "staging_dir")
    require_group(settings.staging_group)
    return [*warn_of_others(place), *warn_of_leftovers(place)]


def find_secrets(settings: Settings) -> Settings:
    """The settings with the id and the seed that `begin_release` fixed.

    Raises:
        DataError: the secret they were made with is not there.
    """
    if settings.release_id is not None and settings.seed is not None:
        return settings
    salt = _read_salt(settings)
    if salt is None:
        raise _lost(settings)
    return _fill(settings, salt)


def name_if_known(settings: Settings) -> Settings:
    """The settings with their id and seed if a first run has fixed them, else as they are; nothing is written."""
    salt = _read_salt(settings)
    return settings if salt is None else _fill(settings, salt)


def find_release_id(settings: Settings) -> Settings:
    """The settings with the id that `begin_release` fixed, found without reading anything sensitive where possible.

    Raises:
        DataError: neither the place of staged rows nor the sensitive one has it.
    """
    if settings.release_id is not None:
        return settings
    if settings.staging_dir is not None:
        path = _id_path(settings, settings.staging_dir)
        if not files.exists(path):
            raise DataError(
                f"staging_dir: {files.hide_credentials(settings.staging_dir)} holds no id of a release with these "
                "settings: prepare it first (`ctdc-spark run`, or the job `prepare`), or name the release (release_id)",
                parameters=["release_id"],
            )
        return settings.drawn(release_id=_read_id(path))
    salt = _read_salt(settings)
    if salt is None:
        raise _lost(settings)
    return settings.drawn(release_id=_make_id(settings, salt))


def _read_id(path: str) -> str:
    """The id that waits with staged rows; checked, since others may write there and it becomes a path."""
    try:
        said = json.loads(files.read_text(path))["release_id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        said = None
    if not is_release_name(said):
        raise DataError(
            f"staging_dir: {files.hide_credentials(path)} holds no id of a release; prepare the release again "
            "(`ctdc-spark run`, or the job `prepare`)"
        )
    return str(said)


def _fill(settings: Settings, salt: bytes) -> Settings:
    found: dict[str, object] = {}
    if settings.release_id is None:
        found["release_id"] = _make_id(settings, salt)
    if settings.seed is None:
        found["seed"] = int.from_bytes(_keyed(settings, salt, "seed")[:8], "big") >> (64 - SEED_BITS)
    return settings.drawn(**found)


def _leave_id(settings: Settings, staging_dir: str) -> None:
    """Put the id where publishers find it."""
    path = _id_path(settings, staging_dir)
    folder = path.rpartition("/")[0]
    make_private_folder(folder, within=True)
    files.write_text(path, json.dumps({"release_id": settings.resolved_release_id}))
    for place in (staging_dir, folder):
        share_folder(place, settings.staging_group)
    close_off(path, settings.staging_group)


def _make_id(settings: Settings, salt: bytes) -> str:
    return f"{settings.prefix}-{_keyed(settings, salt, 'release id').hex()[:ID_DIGITS]}"


def _keyed(settings: Settings, salt: bytes, purpose: str) -> bytes:
    return hmac.new(salt, f"{purpose} {settings.fingerprint()}".encode(), hashlib.sha256).digest()


def _read_salt(settings: Settings) -> bytes | None:
    path = files.join(settings.resolved_sensitive_dir, SALT)
    if not files.exists(path):
        return None
    require_ours(path, "sensitive_dir")
    try:
        salt = bytes.fromhex(json.loads(files.read_text(path))["salt"])
    except (ValueError, KeyError, TypeError):
        salt = b""
    if len(salt) != SALT_BYTES:
        raise DataError(
            f"{files.hide_credentials(path)} is not the file that this program wrote: restore it. Without it the "
            "settings of earlier releases give other ids and seeds"
        )
    return salt


def _draw_salt(settings: Settings, warn: Callable[[str], None]) -> bytes:
    place = settings.resolved_sensitive_dir
    published = settings.output_dir is not None and files.exists(files.join(settings.output_dir, RELEASES.name))
    if published or not files.is_empty(place):
        before = "releases were published in output_dir before" if published else "it is not empty"
        warn(
            f"sensitive_dir: {files.hide_credentials(place)} holds no {SALT}, with which ids and seeds are made, "
            f"although {before}. A new secret is drawn; if there was one and it was lost, the same settings now make "
            "another release of the same data beside the existing one"
        )
    make_private_folder(place)
    text = json.dumps({"salt": secrets.token_hex(SALT_BYTES), "about": ABOUT})
    files.write_new_text(files.join(place, SALT), text)
    salt = _read_salt(settings)  # another run may have been first
    if salt is None:
        raise DataError(f"sensitive_dir: {files.hide_credentials(place)} does not keep what is written there")
    return salt


def _id_path(settings: Settings, staging_dir: str) -> str:
    return files.join(staging_dir, IDS, f"{settings.fingerprint()}.json")


def _lost(settings: Settings) -> DataError:
    return DataError(
        f"sensitive_dir: {files.hide_credentials(settings.resolved_sensitive_dir)} holds no {SALT}, with which the id "
        "and the seed of a release are made where the settings leave them open. If no release was made there yet, run "
        "`ctdc-spark run` or the first stage, `ctdc-spark cases`; if it was lost, name the release (release_id)",
        parameters=["release_id"],
    )
