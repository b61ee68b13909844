"""Small text files by address: reading, writing, and the messages of failures."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyarrow import fs

from ctdc_spark.errors import DataError, SettingsError
from ctdc_spark.io import files

TEXT = "gender: Woman\nänderung: 1-2 yrs\n"


@pytest.fixture
def remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Serve every address of a foreign scheme from a folder, as an object store would."""

    def open_filesystem(uri: str) -> tuple[fs.FileSystem, str]:
        return fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem()), uri.partition("://")[2]

    monkeypatch.setattr(files, "_open_filesystem", open_filesystem)
    return tmp_path


@pytest.mark.parametrize("form", ["{}", "file:{}", "file://{}", "file://localhost{}", "FILE:{}"])
def test_local_addresses_are_written_and_read(tmp_path: Path, form: str) -> None:
    uri = form.format(tmp_path / "new" / "deep" / "settings.yaml")
    assert not files.exists(uri)
    files.write_text(uri, TEXT)
    assert files.exists(uri)
    assert files.read_text(uri) == TEXT
    assert (tmp_path / "new" / "deep" / "settings.yaml").read_bytes() == TEXT.encode()


def test_remote_addresses_are_written_and_read(remote: Path) -> None:
    uri = "s3://bucket/new/page.html"
    assert not files.exists(uri)
    files.write_text(uri, TEXT)
    assert files.exists(uri)
    assert files.read_text(uri) == TEXT
    with pytest.raises(DataError, match=r"^cannot read s3://bucket/none: there is no such file$"):
        files.read_text("s3://bucket/none")


def test_a_relative_path_needs_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files.write_text("page.html", TEXT)
    assert files.read_text("./page.html") == TEXT


def test_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfseed: 1")
    assert files.read_text(str(tmp_path / "a.yaml")) == "seed: 1"


def test_writing_replaces_the_whole_file_and_leaves_no_draft(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    files.write_text(str(target), "long " * 100)
    files.write_text(str(target), "short")
    assert target.read_text() == "short"
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "page.html"
    files.write_text(str(target), "old")

    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(DataError, match=r"cannot write .*page\.html: no space left on a device"):
        files.write_text(str(target), "new")
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_written_file_has_the_usual_rights(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    files.write_text(str(tmp_path / "ours"), "")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.yaml", "cannot read .*none.yaml: there is no such file"),
        ("folder", "cannot read .*folder: it is a folder, not a file"),
        ("latin.yaml", "found bytes that are not UTF-8 text at position 1; save the file as UTF-8"),
        ("latin.yaml/below", "a part of its path is a file, not a folder"),
    ],
)
def test_reading_fails_with_a_reason(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "latin.yaml").write_bytes(b"\x61\xe4\x62")
    with pytest.raises(DataError, match=message):
        files.read_text(str(tmp_path / name))


def test_missing_rights_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DataError, match=r"cannot read .*locked: permission denied"):
        files.read_text(str(tmp_path / "locked"))


def test_writing_onto_a_folder_fails_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match=r"cannot write .*folder: it is a folder, not a file"):
        files.write_text(str(tmp_path / "folder"), TEXT)


@pytest.mark.parametrize("uri", ["foo://user:secret@host/x", "s3://key:sec/ret@bucket/x"])
def test_an_unusable_address_is_refused_without_its_secret(uri: str) -> None:
    with pytest.raises(SettingsError, match="found an address that cannot be opened; allowed: ") as caught:
        files.read_text(uri)
    assert "sec" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_failing_file_system_does_not_tell_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    uri = "s3://key:secret@bucket/x"

    def open_filesystem(uri: str) -> tuple[fs.FileSystem, str]:
        raise OSError(f"When reading {uri}: access denied for key with secret\nand more")

    monkeypatch.setattr(files, "_open_filesystem", open_filesystem)
    for use in (files.read_text, files.exists):
        with pytest.raises(DataError, match=r"s3://bucket/x: When reading s3://bucket/x") as caught:
            use(uri)
        assert "secret" not in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["s3a", "s3n", "S3A"])
def test_hadoop_names_of_s3_are_understood(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    class Recorder:
        @staticmethod
        def from_uri(uri: str) -> tuple[fs.FileSystem, str]:
            asked.append(uri)
            return fs.LocalFileSystem(), "/none"

    monkeypatch.setattr(fs, "FileSystem", Recorder)
    assert not files.exists(f"{scheme}://bucket/x")
    assert asked == ["s3://bucket/x"]


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("out", "out"),
        ("/Volumes/main/cases/raw/a.csv", "/Volumes/main/cases/raw/a.csv"),
        ("dbfs:/mnt/a.csv", "/dbfs/mnt/a.csv"),
        ("dbfs:/Volumes/main/cases/raw/a.csv", "/Volumes/main/cases/raw/a.csv"),
        ("file:///data/a.csv", "/data/a.csv"),
        ("C:/data/a.csv", "C:/data/a.csv"),
        ("s3://bucket/a.csv", None),
        ("abfss://raw@account.dfs.core.windows.net/a.csv", None),
    ],
)
def test_the_path_the_system_knows(uri: str, path: str | None) -> None:
    assert files.local_path(uri) == (None if path is None else Path(path))


@pytest.mark.parametrize(
    ("uri", "parts", "joined"),
    [
        ("out", ["page", "index.html"], "out/page/index.html"),
        ("out/", ["/page/"], "out/page"),
        ("s3://bucket/out//", ["a", "", "b"], "s3://bucket/out/a/b"),
        ("/", ["a"], "/a"),
        (".", ["a"], "./a"),
        ("", ["a"], "a"),
        ("out/", [], "out/"),
    ],
)
def test_names_are_put_below_a_folder(uri: str, parts: list[str], joined: str) -> None:
    assert files.join(uri, *parts) == joined


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("s3a://key:secret@bucket/a.csv", "s3a://bucket/a.csv"),
        ("s3://key:sec/ret@bucket/a.csv", "s3://bucket/a.csv"),
        ("hdfs://user@node:8020/a", "hdfs://node:8020/a"),
        ("abfss://raw@account.dfs.core.windows.net/a", "abfss://raw@account.dfs.core.windows.net/a"),
        ("https://account.net/a.csv?sv=1&sig=secret", "https://account.net/a.csv?..."),
        ("s3://bucket/a@b.csv", "s3://bucket/a@b.csv"),
        ("s3://bucket/part-?.csv", "s3://bucket/part-?.csv"),
        ("data/a@b.csv", "data/a@b.csv"),
    ],
)
def test_credentials_are_hidden(uri: str, shown: str) -> None:
    assert files.hide_credentials(uri) == shown


def test_the_files_of_a_folder_are_named(tmp_path: Path, remote: Path) -> None:
    for uri in (str(tmp_path / "local"), "s3://bucket/far"):
        assert files.list_names(uri) == []
        for name in ("b.json", "a.json", ".draft.tmp", "below/c.json"):
            files.write_text(files.join(uri, name), TEXT)
        assert files.list_names(uri) == ["a.json", "b.json"]
    assert files.list_names(str(remote / "local" / "a.json")) == []
