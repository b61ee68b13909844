"""The two kinds of place for small files: the machine's own file system, and whatever else Arrow can open.

Both answer the same questions about one path. Failures are an OSError; `files` puts them into words.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from pyarrow import fs

# Elsewhere folders exist by themselves; making one would leave an empty object behind or ask for wider
# rights.
_WITH_FOLDERS = ("hdfs", "local", "subtree")


class Store(Protocol):
    """A path in one of them."""

    def read(self, most: int | None) -> bytes:
        """The content of the file, or at most this many bytes from its beginning."""

    def write(self, content: bytes) -> None:
        """Replace the file; readers see the old one or the new one."""

    def exists(self) -> bool:
        """Whether a file or folder is there."""

    def is_empty(self) -> bool:
        """Whether the folder is empty or missing."""

    def list_names(self) -> list[str]:
        """The files in the folder; none if it is not there."""

    def remove(self) -> None:
        """Remove the file or folder, if it is there."""


@dataclass(frozen=True)
class LocalStore:
    """A path that the operating system knows."""

    path: Path

    def read(self, most: int | None) -> bytes:
        """As Store."""
        with self.path.open("rb") as file:
            return file.read() if most is None else file.read(most)

    def write(self, content: bytes) -> None:
        """As Store."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = draft_of(self.path)
        try:
            draft.write_bytes(content)
            draft.replace(self.path)
        finally:
            draft.unlink(missing_ok=True)

    def exists(self) -> bool:
        """As Store."""
        return self.path.exists()

    def is_empty(self) -> bool:
        """As Store."""
        return not self.path.is_dir() or next(self.path.iterdir(), None) is None

    def list_names(self) -> list[str]:
        """As Store."""
        return [path.name for path in self.path.iterdir() if path.is_file()] if self.path.is_dir() else []

    def remove(self) -> None:
        """As Store."""
        if self.path.is_dir():
            shutil.rmtree(self.path)
        else:
            self.path.unlink(missing_ok=True)


@dataclass(frozen=True)
class ArrowStore:
    """A path in a file system of Arrow."""

    filesystem: fs.FileSystem
    path: str

    def read(self, most: int | None) -> bytes:
        """As Store."""
        with self.filesystem.open_input_stream(self.path) as stream:
            return bytes(stream.read(most))

    def write(self, content: bytes) -> None:
        """As Store."""
        if self.filesystem.type_name in _WITH_FOLDERS and "/" in self.path:
            self.filesystem.create_dir(self.path.rpartition("/")[0], recursive=True)
        with self.filesystem.open_output_stream(self.path) as stream:  # becomes visible when it is closed
            stream.write(content)

    def exists(self) -> bool:
        """As Store."""
        return bool(self.filesystem.get_file_info(self.path).type != fs.FileType.NotFound)

    def is_empty(self) -> bool:
        """As Store."""
        return not self.filesystem.get_file_info(fs.FileSelector(self.path, allow_not_found=True))

    def list_names(self) -> list[str]:
        """As Store."""
        listed = self.filesystem.get_file_info(fs.FileSelector(self.path, allow_not_found=True))
        return [info.base_name for info in listed if info.type == fs.FileType.File]

    def remove(self) -> None:
        """As Store."""
        kind = self.filesystem.get_file_info(self.path).type
        if kind == fs.FileType.Directory:
            self.filesystem.delete_dir(self.path)
        elif kind == fs.FileType.File:
            self.filesystem.delete_file(self.path)


def draft_of(path: Path) -> Path:
    """Where a file is written before it replaces another one."""
    return path.with_name(f".{path.name}.{uuid4().hex}.tmp")
