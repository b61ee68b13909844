"""Who on this machine may read what is sensitive: its owner alone, or a group that publishes what was proven.

Modes are set where the operating system knows the files: on clusters and object stores, the store's own rights decide.
A sensitive folder is closed before anything is put into it, so nothing in it is ever open; the files get their modes
all the same, so that a copy or a moved folder is closed too.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from pathlib import Path

from ctdc_spark.errors import DataError, SettingsError
from ctdc_spark.io import files

LARGEST_GROUP = 2**32 - 2

OTHERS = 0o077
"""What others may do: read, write or search, as members of the group or as anybody."""


def make_private_folder(uri: str, *, within: bool = False, new: bool = False) -> None:
    """Make a folder that only its owner may enter; an existing one keeps its mode.

    Args:
        uri: the folder.
        within: the folder above it is also private, and made so if it is missing.
        new: the folder must not exist yet, so nobody else can have made it.

    Raises:
        DataError: it cannot be made.
    """
    local = files.local_path(uri)
    if local is None:
        return
    if within:
        files.make_folder(local.parent, 0o700)
    files.make_folder(local, 0o700, new=new)


def write_private_text(uri: str, text: str) -> None:
    """Write a text that only its owner may read, into a folder that is private already.

    Raises:
        DataError: the place cannot be written.
    """
    files.write_text(uri, text)
    close_off(uri)


def make_readable_folder(path: Path) -> None:
    """Make a local folder that everybody may enter, and those above it; existing ones keep their modes.

    Raises:
        OSError: it cannot be made.
    """
    for folder in reversed([place for place in (path, *path.parents) if not place.exists()]):
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
            let_read(folder)


def let_read(path: Path) -> None:
    """Let everybody read a local file, or enter a folder, as Spark does whatever this process's mask is."""
    with contextlib.suppress(OSError):  # a file system without modes
        path.chmod(0o755 if path.is_dir() else 0o644)


def require_ours(uri: str, key: str) -> None:
    """Refuse a local place that somebody else made or may write to: they could put something there that we trust.

    Args:
        uri: a folder or a file; nothing happens if it does not exist, or where a file system has no owners.
        key: the settings' key that names it, for the message.

    Raises:
        DataError: saying what to do.
    """
    local = files.local_path(uri)
    if local is None or os.name != "posix" or not local.exists():
        return
    found, me = local.stat(), os.geteuid()
    foreign = me != 0 and found.st_uid not in (me, 0)
    if foreign or found.st_mode & stat.S_IWOTH:
        why = "belongs to somebody else" if foreign else "can be written by everybody on this machine"
        raise DataError(
            f"{key}: {files.hide_credentials(uri)} {why}, who could choose ids and seeds or put other rows there. "
            "Choose a place of your own, or set its owner and its mode (chmod 700)"
        )


def require_group(group: str | None) -> None:
    """Refuse a group that files cannot be given to.

    Raises:
        SettingsError: this machine has no such group, or this user does not belong to it.
    """
    if group is None or os.name != "posix":
        return
    import grp

    try:
        number = int(group) if group.isdigit() else grp.getgrnam(group).gr_gid
    except KeyError:
        raise _no_such_group(group) from None
    if number > LARGEST_GROUP or (os.geteuid() != 0 and number not in {os.getegid(), *os.getgroups()}):
        raise _no_such_group(group)


def share_folder(uri: str, group: str | None) -> None:
    """Let only its owner and a group enter a folder; the modes of its content stay.

    Raises:
        SettingsError: this machine has no such group, or its owner is not in it.
    """
    local = files.local_path(uri)
    if local is not None and group is not None and local.is_dir():
        _close(local, group)


def close_off(uri: str, group: str | None = None) -> None:
    """Let only the owner, or also a group, read a file or a folder with all its content.

    Where a file system has no modes, or a file is somebody else's, it stays as it is.

    Raises:
        SettingsError: this machine has no such group, or its owner is not in it.
    """
    local = files.local_path(uri)
    if local is None or not local.exists():
        return
    _close(local, group)
    for folder, folders, names in os.walk(local):
        for name in (*folders, *names):
            _close(Path(folder, name), group)


def warn_of_others(uri: str) -> list[str]:
    """A warning if somebody else on this machine may read or enter the local folder of sensitive results."""
    local = files.local_path(uri)
    if local is None or os.name != "posix" or not local.is_dir() or not local.stat().st_mode & OTHERS:
        return []
    return [
        f"sensitive_dir: others on this machine may enter {files.hide_credentials(uri)}. What this program puts there "
        "is closed to them, but not the folder itself: if nobody else needs it, set its mode to 700"
    ]


def _close(path: Path, group: str | None) -> None:
    if path.is_symlink():
        return
    mode = 0o700 if path.is_dir() else 0o600
    with contextlib.suppress(OSError):  # a file system without modes, or somebody else's file
        if group is not None:
            _give(path, group)
            mode |= 0o050 if path.is_dir() else 0o040
        path.chmod(mode)


def _give(path: Path, group: str) -> None:
    try:
        shutil.chown(path, group=int(group) if group.isdigit() else group)
    except (LookupError, PermissionError):
        raise _no_such_group(group) from None


def _no_such_group(group: str) -> SettingsError:
    return SettingsError(
        f"staging_group: found {group}; allowed: a group of this machine that you belong to, so that its members can "
        "publish what was proven"
    )
