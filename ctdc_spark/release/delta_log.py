"""The log of a Delta table in a folder of this machine, read and extended without Spark.

Spark takes seconds to create the few small tables of a release; a file of Parquet and a line in the log take
milliseconds. Only logs of the kind that ctdc-spark's tables have are understood; for any other, `replay` returns None
and the caller leaves the table to Spark.

Source of the format: https://github.com/delta-io/delta/blob/master/PROTOCOL.md.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

CHECKED: dict[str, Any] = {"minReaderVersion": 1, "minWriterVersion": 3}
"""The protocol of a table with a constraint."""

MAPPED: dict[str, Any] = {
    "minReaderVersion": 2,
    "minWriterVersion": 7,
    "writerFeatures": ["appendOnly", "checkConstraints", "columnMapping", "invariants"],
}
"""The same where names of columns are mapped."""

PHYSICAL_NAME = "delta.columnMapping.physicalName"

MOST_COMMITS = 1_000
"""A longer log is left to Spark, which keeps checkpoints."""

Action = dict[str, Any]


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: as readers know it.
        physical: its name in files.
        type: as the log states it.
        id: of its mapping; None if names are not mapped.
    """

    name: str
    physical: str
    type: Any
    id: int | None


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
            return not said.get("deletionVector") and _is_below(said["path"])
        if kind == "remove":
            self.files.pop(said["path"], None)
        elif kind == "txn":
            self.versions[said["appId"]] = said["version"]
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
                said["metadata"].get("delta.columnMapping.id"),
            )
            for said in fields
        )


def replay(folder: Path) -> TableState | None:
    """The table in a folder, from all commits since its first.

    Returns:
        With version -1 if there is no commit; None if the log begins later, is long, or says something unknown.

    Raises:
        OSError: it cannot be read.
    """
    log = folder / "_delta_log"
    versions = sorted(int(path.stem) for path in log.glob("*.json") if path.stem.isdecimal()) if log.is_dir() else []
    state = TableState()
    if versions != list(range(len(versions))) or len(versions) > MOST_COMMITS:
        return None
    for version in versions:
        lines = _commit_path(folder, version).read_text(encoding="utf-8").splitlines()
        if not all(state.apply(json.loads(line)) for line in lines):
            return None
        state.version = version
    return state if state.version < 0 or state.is_known else None


def commit(folder: Path, version: int, actions: Iterable[Action]) -> bool:
    """Put a commit where there is none, whole.

    Args:
        folder: of the table.
        version: of the commit.
        actions: what it does.

    Returns:
        Whether that was done; if not, another commit has this version.

    Raises:
        OSError: it cannot be written, or the place does not allow a file to be put only where there is none.
    """
    path = _commit_path(folder, version)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        draft.write_text("".join(json.dumps(a, ensure_ascii=False) + "\n" for a in actions), encoding="utf-8")
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True


def data_file(folder: Path, path: str) -> Path:
    """The file that an action names; its path there is percent-encoded."""
    return folder / unquote(path)


def _is_below(path: str) -> bool:
    """Whether a file lies in the folder of its table."""
    parts = PurePosixPath(unquote(path)).parts
    return not unquote(path).startswith("/") and ".." not in parts and ":" not in path.partition("/")[0]


def _commit_path(folder: Path, version: int) -> Path:
    return folder / "_delta_log" / f"{version:020d}.json"
