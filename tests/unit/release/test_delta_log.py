"""The log of a table is read whole or not at all, and each of its commits is made once."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ctdc_spark.release import delta_log, writer
from ctdc_spark.release.contracts import CODEBOOK
from ctdc_spark.release.table_location import TableLocation

FIELD = {"name": "x", "type": "string", "nullable": True, "metadata": {}}
METADATA = {"metaData": {"schemaString": json.dumps({"fields": [FIELD]}), "configuration": {"a": "b"}}}
PROTOCOL: dict[str, Any] = {"protocol": {"minReaderVersion": 1, "minWriterVersion": 3}}
FEATURES = ["appendOnly", "checkConstraints", "columnMapping", "invariants"]


def add(path: str, **more: object) -> dict[str, Any]:
    return {"add": {"path": path, "size": 1, "partitionValues": {}, **more}}


def test_a_log_tells_which_files_count_and_who_committed(tmp_path: Path) -> None:
    txn = {"txn": {"appId": "app", "version": 7}}
    assert delta_log.commit(tmp_path, 0, [METADATA, PROTOCOL, add("x=1/a"), add("x=1/b"), txn])
    assert delta_log.commit(tmp_path, 1, [{"commitInfo": {}}, {"remove": {"path": "x=1/a"}}, add("x=2/c")])
    state = delta_log.replay(tmp_path)
    assert state is not None
    assert state.version == 1
    assert set(state.files) == {"x=1/b", "x=2/c"}
    assert state.versions == {"app": 7}
    assert state.properties == {"a": "b"}
    assert sorted(path.name for path in (tmp_path / "_delta_log").iterdir()) == [f"{v:020d}.json" for v in (0, 1)]


def test_a_folder_without_a_log_has_no_commits(tmp_path: Path) -> None:
    state = delta_log.replay(tmp_path / "nothing")
    assert state is not None
    assert state.version == -1


def test_of_several_writers_one_makes_a_commit(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda n: delta_log.commit(tmp_path, 0, [METADATA, PROTOCOL, add(str(n))]), range(32)))
    assert sum(done) == 1
    state = delta_log.replay(tmp_path)
    assert state is not None
    assert list(state.files) == [str(done.index(True))]
    assert len(list((tmp_path / "_delta_log").iterdir())) == 1  # no draft is left


@pytest.mark.parametrize(
    "actions",
    [
        pytest.param([add("a", deletionVector={"storageType": "u"})], id="rows deleted within a file"),
        pytest.param([add("../elsewhere/a")], id="a file outside the folder"),
        pytest.param([add("%2e%2e/elsewhere/a")], id="the same, encoded"),
        pytest.param([add("/etc/a")], id="an absolute path"),
        pytest.param([add("s3://bucket/a")], id="an address"),
        pytest.param([{"domainMetadata": {"domain": "x"}}], id="an action of another kind"),
        pytest.param([{"protocol": {"minReaderVersion": 3, "minWriterVersion": 7}}], id="another protocol"),
        pytest.param(
            [
                {
                    "protocol": {
                        **delta_log.MAPPED,
                        "writerFeatures": [*delta_log.MAPPED["writerFeatures"], "rowTracking"],
                    }
                }
            ],
            id="a further feature",
        ),
    ],
)
def test_what_is_unknown_is_left_to_spark(tmp_path: Path, actions: list[dict[str, Any]]) -> None:
    delta_log.commit(tmp_path, 0, [METADATA, PROTOCOL])
    assert delta_log.replay(tmp_path) is not None
    delta_log.commit(tmp_path, 1, actions)
    assert delta_log.replay(tmp_path) is None


def test_a_log_whose_beginning_was_cleaned_away_is_left_to_spark(tmp_path: Path) -> None:
    for version in range(3):
        delta_log.commit(tmp_path, version, [METADATA, PROTOCOL])
    (tmp_path / "_delta_log" / f"{0:020d}.json").unlink()
    assert delta_log.replay(tmp_path) is None


def test_the_features_of_a_mapped_table_are_known_in_any_order(tmp_path: Path) -> None:
    features = FEATURES[::-1]
    delta_log.commit(tmp_path, 0, [METADATA, {"protocol": {**delta_log.MAPPED, "writerFeatures": features}}])
    assert delta_log.replay(tmp_path) is not None
    written = (tmp_path / "_delta_log" / f"{0:020d}.json").read_text(encoding="utf-8")
    assert json.loads(written.splitlines()[1])["protocol"]["writerFeatures"] == features


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"{nope", id="no JSON"),
        pytest.param(b"\xff\xfe", id="no UTF-8"),
        pytest.param(b"[1]", id="no action"),
        pytest.param(b"[" * 100_000, id="nested without end"),
        pytest.param(b'{"add": null}', id="an action of nothing"),
        pytest.param(b'{"add": {}}', id="a file without a path"),
        pytest.param(b'{"add": {"path": 3, "size": 1, "partitionValues": {}}}', id="a path that is a number"),
        pytest.param(b'{"add": {"path": "a", "size": "1", "partitionValues": {}}}', id="a size that is a text"),
        pytest.param(b'{"add": {"path": "a", "size": 1, "partitionValues": null}}', id="no partition"),
        pytest.param(b'{"add": {"path": "%00", "size": 1, "partitionValues": {}}}', id="a path that no file can have"),
        pytest.param(b'{"txn": {"appId": "a", "version": null}}', id="no number"),
        pytest.param(b'{"txn": {"appId": "a", "version": ' + b"9" * 5_000 + b"}}", id="a number without end"),
        pytest.param(b'{"metaData": {"schemaString": "nope", "configuration": {}}}', id="no schema"),
        pytest.param(b'{"metaData": {"schemaString": "{\\"fields\\": [{}]}", "configuration": {}}}', id="no column"),
        pytest.param(b'{"protocol": {"minReaderVersion": 2, "writerFeatures": null}}', id="no features"),
    ],
)
def test_what_is_not_a_log_is_left_to_spark(tmp_path: Path, line: bytes) -> None:
    delta_log.commit(tmp_path, 0, [METADATA, PROTOCOL])
    (tmp_path / "_delta_log" / f"{1:020d}.json").write_bytes(line + b"\n")
    assert delta_log.replay(tmp_path) is None


def test_a_large_log_is_left_to_spark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    delta_log.commit(tmp_path, 0, [METADATA, PROTOCOL])
    monkeypatch.setattr(delta_log, "MOST_BYTES", 100)
    assert delta_log.replay(tmp_path) is None


@pytest.mark.parametrize("name", ["a\u2028b", "a\u0085b", "a\x1cb", "a\rb", "a\nb"])
def test_a_line_ends_where_the_format_says(tmp_path: Path, name: str) -> None:
    field = {**FIELD, "name": name}
    metadata = {"metaData": {"schemaString": json.dumps({"fields": [field]}, ensure_ascii=False), "configuration": {}}}
    delta_log.commit(tmp_path, 0, [metadata, PROTOCOL])
    state = delta_log.replay(tmp_path)
    assert state is not None
    assert [column.name for column in state.columns] == [name]


def test_a_commit_whose_answer_was_lost_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = os.link

    def lose_the_answer(source: Path, target: Path) -> None:
        link(source, target)
        raise FileExistsError

    monkeypatch.setattr("os.link", lose_the_answer)
    assert delta_log.commit(tmp_path, 0, [METADATA, PROTOCOL])
    monkeypatch.undo()
    assert not delta_log.commit(tmp_path, 0, [METADATA, PROTOCOL])


def test_a_log_without_a_commit_is_removed_and_one_with_a_commit_is_not(tmp_path: Path) -> None:
    place, log = TableLocation(str(tmp_path)), tmp_path / CODEBOOK.name / "_delta_log"
    log.mkdir(parents=True)
    (log / ".00000000000000000000.json.5f3a.tmp").write_text("")
    writer._remove_empty_log(place, CODEBOOK)
    assert not log.exists()
    writer._remove_empty_log(place, CODEBOOK)
    assert delta_log.commit(tmp_path / CODEBOOK.name, 0, [METADATA, PROTOCOL])  # by another job
    writer._remove_empty_log(place, CODEBOOK)
    assert [path.name for path in log.iterdir()] == [f"{0:020d}.json"]
