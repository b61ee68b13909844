"""Small text files by address: settings, reports and the page, wherever they live.

Local paths, `file:` addresses, Databricks' `dbfs:` and `/Volumes` go through the operating system; every
other scheme goes through Arrow. Data never passes here (Spark reads and writes it). Messages show an address
without the user name, password or access token that may be part of it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path

from pyarrow import fs

from ctdc_spark.addresses import hide_credentials as hide_credentials
from ctdc_spark.addresses import holds_credentials as holds_credentials
from ctdc_spark.addresses import list_secrets
from ctdc_spark.errors import DataError, SettingsError
from ctdc_spark.io.stores import ArrowStore, LocalStore, Store, draft_of

# A single letter before the colon is a drive, not a scheme.
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]+):(.*)$", re.DOTALL)
_S3_NAMES = ("s3a://", "s3n://")


def read_text(uri: str, most: int | None = None) -> str:
    """Return the text of a UTF-8 file; a byte order mark is dropped.

    Args:
        uri: a local path or an address such as `s3://bucket/settings.yaml`.
        most: bytes that it may have; no more are read of a larger file.

    Raises:
        DataError: there is no such file, it cannot be read, is larger, or is not UTF-8.
        SettingsError: the address itself cannot be used.
    """
    content = read_bytes(uri, most)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"cannot read {hide_credentials(uri)}: found bytes that are not UTF-8 text at position "
            f"{error.start}; save the file as UTF-8"
        ) from None


def read_bytes(uri: str, most: int | None = None) -> bytes:
    """Return the content of a file; `most` as in `read_text`.

    Raises:
        DataError: there is no such file, it cannot be read, or is larger.
        SettingsError: the address itself cannot be used.
    """
    with explained("cannot read", uri):
        content = _open(uri).read(None if most is None else most + 1)
    if most is not None and len(content) > most:
        raise DataError(f"cannot read {hide_credentials(uri)}: it has more than {most:,} bytes")
    return content


def write_text(uri: str, text: str) -> None:
    """Write a UTF-8 file and its folder; readers see the old file or the new one, never a part.

    Args:
        uri: a local path or an address such as `abfss://container@account.dfs.core.windows.net/page.html`.
        text: the whole content.

    Raises:
        DataError: the place cannot be written.
        SettingsError: the address itself cannot be used.
    """
    with explained("cannot write", uri):
        _open(uri).write(text.encode("utf-8"))


def write_new_text(uri: str, text: str) -> None:
    """Write a UTF-8 file that only its owner may read, unless it exists: then it stays.

    Of several processes on one machine, the first one wins; elsewhere, the last of those that found none.

    Raises:
        DataError: the place cannot be written.
        SettingsError: the address itself cannot be used.
    """
    local = local_path(uri)
    if local is None:
        if not exists(uri):
            write_text(uri, text)
        return
    draft = draft_of(local)
    try:
        with explained("cannot write", uri):
            local.parent.mkdir(parents=True, exist_ok=True)
            draft.touch(mode=0o600)
            draft.write_text(text, encoding="utf-8")
            with contextlib.suppress(FileExistsError):
                os.link(draft, local)
    finally:
        draft.unlink(missing_ok=True)


def is_empty(uri: str) -> bool:
    """Tell whether a folder is empty or missing.

    Raises:
        DataError: the file system does not answer.
        SettingsError: the address itself cannot be used.
    """
    with explained("cannot look up", uri):
        return _open(uri).is_empty()


def exists(uri: str) -> bool:
    """Tell whether a file or folder is there.

    Raises:
        DataError: the file system does not answer.
        SettingsError: the address itself cannot be used.
    """
    with explained("cannot look up", uri):
        return _open(uri).exists()


def list_names(uri: str) -> list[str]:
    """Return the names of the files in a folder, ascending, without hidden ones; none if it is not there.

    Raises:
        DataError: it cannot be read.
        SettingsError: the address itself cannot be used.
    """
    with explained("cannot list", uri):
        return sorted(name for name in _open(uri).list_names() if not name.startswith("."))


def remove(uri: str) -> None:
    """Remove a file or a folder with all that is in it; nothing happens if it is not there.

    Raises:
        DataError: it cannot be removed.
        SettingsError: the address itself cannot be used.
    """
    with explained("cannot remove", uri):
        _open(uri).remove()


def make_folder(path: Path, mode: int, *, new: bool = False) -> None:
    """Make a local folder with this mode; folders above it get the system's mode.

    Args:
        path: the folder.
        mode: of the folder, if it is made.
        new: it must not exist yet.

    Raises:
        DataError: it cannot be made, or exists and should be new.
    """
    with explained("cannot make", str(path)):
        path.mkdir(mode=mode, parents=True, exist_ok=not new)


def require_folder(uri: str, key: str) -> None:
    """Refuse a local place that is not a folder and cannot become one; other places fail when they are written.

    Args:
        uri: the place.
        key: the settings' key that names it, for the message.

    Raises:
        DataError: it is a file, or lies below one.
    """
    local = local_path(uri)
    try:
        above = None if local is None else next((place for place in (local, *local.parents) if place.exists()), None)
    except OSError as error:
        raise DataError(f"{key}: {_explain('cannot look up', uri, error)}") from None
    if above is not None and not above.is_dir():
        where = "is a file" if above == local else f"lies below {above}, which is a file"
        raise DataError(f"{key}: {hide_credentials(uri)} {where}; choose a folder")


def join(uri: str, *parts: str) -> str:
    """Put names below a folder: `join("s3://b/out/", "page", "index.html")` is `s3://b/out/page/index.html`."""
    names = [name for name in (part.strip("/") for part in parts) if name]
    if not names:
        return uri
    stem = uri.rstrip("/")
    return "/".join([stem, *names]) if stem or uri.startswith("/") else "/".join(names)


def local_path(uri: str) -> Path | None:
    """Return the path by which the operating system knows an address, or None if it does not."""
    match = _SCHEME.match(uri)
    if match is None:
        return Path(uri)
    scheme, rest = match[1].lower(), match[2]
    if scheme == "file":
        return Path(re.sub(r"^//(localhost)?(?=/)", "", rest))
    if scheme == "dbfs":
        path = "/" + rest.lstrip("/")
        return Path(path if path.startswith(("/Volumes/", "/dbfs/")) else "/dbfs" + path)
    return None


def require_no_credentials(uri: str, name: str) -> None:
    """Refuse an address of data that holds a password, a key or a token: Spark writes addresses to its logs.

    Args:
        uri: the address.
        name: the key or parameter that gave it, for the message.

    Raises:
        SettingsError: it does.
    """
    if holds_credentials(uri):
        raise SettingsError(f"{name}: found {describe_credentials(uri)}", parameters=[name])


def describe_credentials(uri: str) -> str:
    """What a message says about an address that holds credentials."""
    return (
        f"{hide_credentials(uri)} with a password, a key or a token in the address; allowed: the address without, "
        "because Spark writes addresses to logs and plans. Give the credentials in Spark's configuration (for s3a: "
        "spark.hadoop.fs.s3a.access.key and .secret.key, from a file that only you can read), or to the machine"
    )


def _open(uri: str) -> Store:
    local = local_path(uri)
    return ArrowStore(*_open_filesystem(uri)) if local is None else LocalStore(local)


def _open_filesystem(uri: str) -> tuple[fs.FileSystem, str]:
    for name in _S3_NAMES:
        if uri.lower().startswith(name):
            return _open_filesystem("s3://" + uri[len(name) :])
    try:
        filesystem, path = fs.FileSystem.from_uri(uri)
    except (
        ValueError,
        TypeError,
        NotImplementedError,
    ):  # Arrow's own message repeats the address, secrets and all
        raise SettingsError(
            f"{hide_credentials(uri)}: found an address that cannot be opened; allowed: a local path or "
            "one that starts with file:, dbfs:, s3://, s3a://, gs://, abfss:// or hdfs://"
        ) from None
    return filesystem, path


@contextlib.contextmanager
def explained(doing: str, uri: str) -> Iterator[None]:
    """Put a failure of the operating system in the block into words.

    Args:
        doing: such as "cannot read".
        uri: what is read or written.

    Raises:
        DataError: instead of an OSError.
    """
    try:
        yield
    except OSError as error:
        raise DataError(_explain(doing, uri, error)) from None


def _explain(doing: str, uri: str, error: OSError) -> str:
    """Say in one line why a file could not be used, without the parts of the address that are secret."""
    plain = {
        FileNotFoundError: "there is no such file",
        IsADirectoryError: "it is a folder, not a file",
        NotADirectoryError: "a part of its path is a file, not a folder",
        FileExistsError: "a part of its path is a file, not a folder",
        PermissionError: "permission denied",
    }
    for kind, reason in plain.items():
        if isinstance(error, kind):
            return f"{doing} {hide_credentials(uri)}: {reason}"
    if error.errno == errno.ENOSPC:
        return f"{doing} {hide_credentials(uri)}: no space left on a device"
    reason = (error.strerror or str(error) or type(error).__name__).replace(uri, hide_credentials(uri))
    for secret in list_secrets(uri):
        reason = reason.replace(secret, "...")
    return f"{doing} {hide_credentials(uri)}: {reason.splitlines()[0]}"
