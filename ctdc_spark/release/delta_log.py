"""The log of a Delta table in a folder of this machine, read and extended without Spark.

Spark takes seconds to create the few small tables of a release; a file of Parquet and a line in the log take
milliseconds. Only logs of the kind that ctdc-spark's tables have are understood; for any other, `replay` returns None
and the caller leaves the table to Spark.

Source of the format: https://github.com/delta-io/delta/blob/master/PROTOCOL.md.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from ctdc_spark.io.file_modes import let_read, make_readable_folder

CHECKED: dict[str, Any] = {"minReaderVersion": 1, "minWriterVersion": 3}
"""The protocol of a table with a constraint."""

MAPPED: dict[str, Any] = {
    "minReaderVersion": 2,
    "minWriterVersion": 7,
    "writerFeatures": ["appendOnly", "checkConstraints", "columnMapping", "invariants"],
}
"""The same where names of columns are mapped."""

PHYSICAL_NAME, COLUMN_ID = "delta.columnMapping.physicalName", "delta.columnMapping.id"

MOST_COMMITS = 1_000
"""A longer log is left to Spark, which keeps checkpoints."""

MOST_BYTES = 64 << 20
"""A larger log as well."""

_NO_LINKS = frozenset({errno.EPERM, errno.EACCES, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK})
"""How file systems without hard links refuse one."""

Action = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: as readers know it.
        physical: its name in files.
        type: as the log states it.
        id: of its mapping; None if names are not mapped.
        plain: whether nothing is required of its values.
    """

    name: str
    physical: str
    type: Any
    id: int | None
    plain: bool


@dataclass
class TableState:
    """A table as its log describes it.

    Attributes:
        version: of its last commit.
        protocol: what readers and writers must know.
        metadata: schema, partitions and properties.
        versions: the last `txnVersion` of each application.
        files: what the log says of each file that counts, by path.
    """

    version: int = -1
    protocol: Action = field(default_factory=dict)
    metadata: Action = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    files: dict[str, Action] = field(default_factory=dict)

    def apply(self, action: Action) -> bool:
        """Take in an action; return whether it was understood."""
        ((kind, said),) = action.items()
        if kind == "add":
            self.files[said["path"]] = said
            return not said.get("deletionVector") and _is_below(said["path"]) and _is_sound(said)
        if kind == "remove":
            self.files.pop(said["path"], None)
        elif kind == "txn":
            self.versions[said["appId"]] = int(said["version"])
        elif kind == "metaData":
            self.metadata = said
        elif kind == "protocol":
            self.protocol = {**said, "writerFeatures": sorted(said.get("writerFeatures", []))}
        return kind in {"add", "remove", "txn", "metaData", "protocol", "commitInfo"}

    @property
    def is_known(self) -> bool:
        """Whether nothing is required of readers and writers but what this module knows."""
        return self.protocol in ({**CHECKED, "writerFeatures": []}, MAPPED)

    @property
    def properties(self) -> Mapping[str, str]:
        """The properties of the table."""
        properties: Mapping[str, str] = self.metadata.get("configuration", {})
        return properties

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns, in order."""
        fields = json.loads(self.metadata["schemaString"])["fields"]
        return tuple(
            Column(
                said["name"],
                said["metadata"].get(PHYSICAL_NAME, said["name"]),
                said["type"],
                said["metadata"].get(COLUMN_ID),
                said["nullable"] is True and said["metadata"].keys() <= {"comment", PHYSICAL_NAME, COLUMN_ID},
            )
            for said in fields
        )


def replay(folder: Path) -> TableState | None:
    """The table in a folder, from all commits since its first.

    Returns:
        With version -1 if there is no commit; None if the log begins later, is long, says something unknown, or is not
        one: Spark then says what is wrong with it.

    Raises:
        OSError: it cannot be read.
    """
    log = folder / "_delta_log"
    versions = sorted(int(path.stem) for path in log.glob("*.json") if path.stem.isdecimal()) if log.is_dir() else []
    if versions != list(range(len(versions))) or len(versions) > MOST_COMMITS:
        return None
    paths = [_commit_path(folder, version) for version in versions]
    if not all(path.is_file() for path in paths) or sum(path.stat().st_size for path in paths) > MOST_BYTES:
        return None
    try:
        return _take_in(paths)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return None


def _take_in(commits: Iterable[Path]) -> TableState | None:
    """The table after these commits; of something else than a log, one of many errors."""
    state = TableState()
    for version, path in enumerate(commits):
        # a line ends with a line feed: names may hold other characters that split lines in Python
        lines = path.read_text(encoding="utf-8").split("\n")
        if not all(state.apply(json.loads(line)) for line in lines if line):
            return None
        state.version = version
    return state if state.version < 0 or (state.is_known and state.columns) else None


def commit(folder: Path, version: int, actions: Iterable[Action]) -> bool:
    """Put a commit where there is none, whole.

    Args:
        folder: of the table.
        version: of the commit.
        actions: what it does.

    Returns:
        Whether that was done; if not, another commit has this version.

    Raises:
        NotImplementedError: the place does not allow a file to be put only where there is none.
        OSError: it cannot be written. In neither case was it made.
    """
    path = _commit_path(folder, version)
    make_readable_folder(path.parent)
    draft = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        draft.write_text("".join(json.dumps(a, ensure_ascii=False) + "\n" for a in actions), encoding="utf-8")
        let_read(draft)
        return _put(draft, path)
    finally:
        with contextlib.suppress(OSError):  # the commit may be made by now
            draft.unlink(missing_ok=True)


def _put(draft: Path, path: Path) -> bool:
    """Put a file also under this name; return whether nothing had it."""
    try:
        os.link(draft, path)
    except FileExistsError:
        return path.samefile(draft)  # over a network the first answer may be lost, and the link made all the same
    except OSError as error:
        if error.errno in _NO_LINKS:
            raise NotImplementedError from None
        raise
    return True


def data_file(folder: Path, path: str) -> Path:
    """The file that an action names; its path there is percent-encoded."""
    return folder / unquote(path)


def _is_sound(said: Action) -> bool:
    """Whether a file has what is asked of it later."""
    return isinstance(said["size"], int) and isinstance(said["partitionValues"], dict)


def _is_below(path: str) -> bool:
    """Whether a file lies in the folder of its table."""
    parts = PurePosixPath(unquote(path)).parts
    outside = unquote(path).startswith("/") or ".." in parts or ":" in path.partition("/")[0]
    return not outside and "\x00" not in unquote(path)


def _commit_path(folder: Path, version: int) -> Path:
    return folder / "_delta_log" / f"{version:020d}.json"
