"""Tables written and read without Spark: nothing that is in their folder, and no stop on the way, breaks them."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ctdc_spark.errors import DataError
from ctdc_spark.io.local_parquet import read_conforming, read_rows, write_rows
from ctdc_spark.release import contracts, delta_log
from ctdc_spark.release.direct_tables import Outcome, arrow_schema, read_directly, write_directly
from ctdc_spark.release.publication import Publication
from ctdc_spark.release.writer import _properties

CODEBOOK = contracts.CODEBOOK
ROW = {"column": "c", "value": "v", "label": "v", "group": None, "kind": "category"}
ROWS = pa.Table.from_pylist([ROW] * 2, schema=arrow_schema(CODEBOOK))


def write(folder: Path, release_id: str = "r1", number: int = 1) -> Outcome:
    return write_directly(folder, CODEBOOK, _properties(CODEBOOK), ROWS, Publication(release_id, number))


def files_of(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.parquet"))


@pytest.mark.parametrize("name", ["a\u2028b", "a\u0085b", "a b\u2029", "q'\"\\", "${x}", "%41", "a.b", "a`b", "a\x00b"])
def test_a_column_may_have_any_name(tmp_path: Path, name: str) -> None:
    contract = contracts.microdata_contract((name,))
    rows = pa.table({"record_id": ["1", "2"], name: ["v\u2028", None]}, schema=arrow_schema(contract))
    for number, outcome in enumerate((Outcome.CREATED, Outcome.REPLACED)):
        publication = Publication("r1", number)
        assert write_directly(tmp_path, contract, _properties(contract), rows, publication) is outcome
        assert read_directly(tmp_path, "r1") == rows


@pytest.mark.parametrize(
    "asked",
    [
        {"delta.appendOnly": "true"},
        {"delta.constraints.mine": "kind <> 'flag'"},
        {"delta.checkpoint.writeStatsAsJson": "false"},
    ],
    ids=lambda asked: "".join(asked),
)
def test_a_table_whose_owner_asks_for_more_is_left_to_spark(tmp_path: Path, asked: dict[str, str]) -> None:
    assert write(tmp_path) is Outcome.CREATED
    change_metadata(tmp_path, configuration={**_properties(CODEBOOK), "comment of a person": "x"})
    assert write(tmp_path, number=2) is Outcome.REPLACED
    change_metadata(tmp_path, configuration={**_properties(CODEBOOK), **asked})
    assert write(tmp_path, number=3) is Outcome.LEFT
    assert len(files_of(tmp_path)) == 2
    assert read_directly(tmp_path, "r1") == ROWS


@pytest.mark.parametrize("asked", [{"nullable": False}, {"metadata": {"delta.invariants": "x"}}], ids=str)
def test_a_column_whose_values_are_bound_is_left_to_spark(tmp_path: Path, asked: dict[str, Any]) -> None:
    write(tmp_path)
    state = delta_log.replay(tmp_path)
    assert state is not None
    schema = json.loads(state.metadata["schemaString"])
    schema["fields"][1] |= asked
    change_metadata(tmp_path, schemaString=json.dumps(schema))
    assert write(tmp_path, number=2) is Outcome.LEFT


def change_metadata(folder: Path, **changes: object) -> None:
    state = delta_log.replay(folder)
    assert state is not None
    assert delta_log.commit(folder, state.version + 1, [{"metaData": {**state.metadata, **changes}}])


def test_an_interrupt_after_the_commit_leaves_its_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = os.link

    def stop(source: Path, target: Path) -> None:
        link(source, target)
        raise KeyboardInterrupt

    monkeypatch.setattr("os.link", stop)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path)
    monkeypatch.undo()
    assert read_directly(tmp_path, "r1") == ROWS
    assert write(tmp_path, number=2) is Outcome.REPLACED


def test_a_draft_that_cannot_be_removed_does_not_undo_a_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise OSError(errno.EIO, f"{path} {missing_ok}")

    monkeypatch.setattr(Path, "unlink", refuse)
    assert write(tmp_path) is Outcome.CREATED
    monkeypatch.undo()
    assert read_directly(tmp_path, "r1") == ROWS


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOTSUP, errno.ENOSYS])
def test_a_place_without_hard_links_is_left_to_spark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("os.link", refuse)
    assert write(tmp_path) is Outcome.LEFT
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_commit_that_cannot_be_made_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.link", refuse)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_rows_are_read_in_the_columns_of_their_table(tmp_path: Path) -> None:
    """Spark leaves out columns that were added later, and may write times in another way."""
    write(tmp_path)
    (file,) = files_of(tmp_path)
    pq.write_table(ROWS.drop_columns(["label"]).append_column("more", pa.array([1, 2])), file)
    found = read_directly(tmp_path, "r1")
    assert found is not None
    assert found.to_pylist() == [{**ROW, "label": None}] * 2
    pq.write_table(ROWS.set_column(0, "column", pa.array([[1], [2]])), file)
    assert read_directly(tmp_path, "r1") is None
    file.write_bytes(b"nothing of the kind")
    with pytest.raises(OSError, match="is damaged, or not a file of Parquet"):
        read_directly(tmp_path, "r1")


def test_a_table_of_something_else_is_left_to_spark(tmp_path: Path) -> None:
    write(tmp_path)
    change_metadata(tmp_path, partitionColumns=[])
    assert read_directly(tmp_path, "r1") is None


def test_rows_that_wait_and_are_not_as_they_were_written_are_said(tmp_path: Path) -> None:
    folder, names = tmp_path / "codebook", CODEBOOK.names[1:]
    write_rows(str(folder), ROWS)
    assert read_conforming(str(folder), names, ROWS.schema) == ROWS
    write_rows(str(folder), ROWS.set_column(0, "column", pa.array([[1], [2]])))
    with pytest.raises(DataError, match=r"cannot read .*codebook: it has a column of another kind than was written"):
        read_conforming(str(folder), names, ROWS.schema)
    pq.write_table(ROWS, folder / "part-00001.parquet")
    with pytest.raises(DataError, match=r"cannot read .*codebook: its files have different columns"):
        read_rows(str(folder))
    (folder / "part-00001.parquet").write_bytes(b"")
    with pytest.raises(DataError, match=r"cannot read .*codebook: part-00001.parquet is damaged"):
        read_rows(str(folder))
    for part in files_of(folder):
        part.unlink()
    with pytest.raises(DataError, match=r"cannot read .*codebook: there is no such file"):
        read_rows(str(folder))


@pytest.fixture
def closed() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("closed")
def test_published_files_can_be_read_whatever_the_mask_is(tmp_path: Path) -> None:
    """As those that Spark writes."""
    write(tmp_path / "release" / "codebook")
    found = [(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in (tmp_path / "release").rglob("*")]
    assert set(found) == {(True, 0o755), (False, 0o644)}


def test_a_log_that_another_job_removes_is_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link, tried = os.link, list[Path]()

    def lose_the_folder(source: Path, target: Path) -> None:
        tried.append(target)
        if len(tried) == 1:
            shutil.rmtree(target.parent)
        link(source, target)

    monkeypatch.setattr("os.link", lose_the_folder)
    assert write(tmp_path) is Outcome.CREATED
    assert len(files_of(tmp_path)) == 1
    assert read_directly(tmp_path, "r1") == ROWS
