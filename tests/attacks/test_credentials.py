"""One marked secret in every kind of address: no output of any command holds it, and Spark is never given it."""

from __future__ import annotations

import ast
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
from pyarrow import fs

import ctdc_spark
from ctdc_spark import errors
from ctdc_spark.addresses import hide_credentials, hide_in_text, holds_credentials, list_secrets
from ctdc_spark.api.release import open_release
from ctdc_spark.cli.exit_codes import exit_code_of
from ctdc_spark.errors import DataError, SettingsError
from ctdc_spark.io import files
from ctdc_spark.pipeline.progress import Progress
from ctdc_spark.pipeline.run import describe_plan
from ctdc_spark.protections.protection import choose_protection
from ctdc_spark.release.table_location import TableLocation
from ctdc_spark.settings import Settings, build_settings, load_settings
from ctdc_spark.settings.rules import _ADDRESSES
from ctdc_spark.settings.schema import SettingsFields
from tests.end_to_end.running import command, write_settings
from tests.end_to_end.sample import KEYS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MARKED = "s3cr3tMARK"

FORMS = {
    "a key and its secret": f"s3a://AKIAEXAMPLE:{MARKED}@bucket/below/x.csv",
    "a secret with slashes": f"s3://AKIAEXAMPLE:a/b/{MARKED}+c@bucket/below/x.csv",
    "a secret with digits and a slash": f"s3a://AKIAEXAMPLE:12/{MARKED}@bucket/below/x.csv",
    "a secret with an @": f"s3a://AKIAEXAMPLE:b@{MARKED}@bucket/below/x.csv",
    "a key alone": f"s3a://{MARKED}@bucket/below/x.csv",
    "a token as the user": f"gs://{MARKED}@bucket/below/x.csv",
    "user and password": f"ftp://user:{MARKED}@host/below/x.csv",
    "user and password of a name node": f"hdfs://user:{MARKED}@node:8020/below/x.csv",
    "a signature behind a container": f"abfss://raw@account.dfs.core.windows.net/below/x.csv?sv=1&sig={MARKED}",
    "a signature": f"https://account.net/below/x.csv?sig={MARKED}",
    "another alphabet": f"S3A://AKIAEXAMPLE:{MARKED}@bucket/below/x.csv",
}

PLAIN = (
    "cases.csv",
    "data/a@b.csv",
    "/data/x:y@z.csv",
    "s3://bucket/a@b.csv",
    "s3a://bucket/x:y@z.csv",
    "s3://bucket/part-?.csv",
    "hdfs://node:8020/user/a@b/x.csv",
    "abfss://raw@account.dfs.core.windows.net/a.csv",
    "file:///data/a@b.csv",
)
"""Addresses that hold no secret, and must remain accepted."""


@pytest.mark.parametrize("uri", FORMS.values(), ids=FORMS)
def test_a_secret_is_seen_and_hidden(uri: str) -> None:
    assert holds_credentials(uri)
    assert MARKED not in hide_credentials(uri)
    assert MARKED in " ".join(list_secrets(uri))
    for text in (uri, f"cannot read {uri}: no", f"'{uri}' and \"{uri}\"", f"[{uri}]", f"a\n{uri}\nb", f"`{uri}`"):
        assert MARKED not in hide_in_text(text)
    assert "below/x.csv" in hide_in_text(uri)


def test_the_token_of_a_server_is_hidden() -> None:
    uri = f"sc://host:15002/;user_id=x;token={MARKED}"
    assert holds_credentials(uri)
    assert hide_credentials(uri) == "sc://host:15002/;..."
    assert hide_in_text(f"nobody at {uri}; or no server") == "nobody at sc://host:15002/;... or no server"
    assert (
        hide_in_text("nobody answers at sc://host:9; allowed: others")
        == "nobody answers at sc://host:9; allowed: others"
    )


@pytest.mark.parametrize("uri", PLAIN)
def test_an_address_without_a_secret_is_taken(uri: str) -> None:
    assert not holds_credentials(uri)
    assert list_secrets(uri) == []
    if ":y@" not in uri:
        assert hide_credentials(uri) == uri


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("key", _ADDRESSES)
def test_no_key_of_the_settings_takes_one(key: str, form: str, tmp_path: Path) -> None:
    keys = {"sensitive_microdata_path": "cases.csv", "output_dir": "out", key: FORMS[form]}
    if key == "reported_aggregates_path":
        del keys["sensitive_microdata_path"]
    with pytest.raises(SettingsError, match=f"{key}: found ") as caught:
        build_settings(keys)
    assert MARKED not in str(caught.value) + repr(caught.value) + repr(caught.value.problems)
    with pytest.raises(SettingsError) as refused:
        Settings.model_validate(keys)
    assert MARKED not in str(refused.value)
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(keys))
    with pytest.raises(SettingsError) as read:
        load_settings(str(path))
    assert MARKED not in str(read.value)


def test_every_key_that_is_an_address_is_looked_at() -> None:
    named = {
        name
        for name in SettingsFields.model_fields
        if name.endswith(("_path", "_dir", "_logo")) or "folder" in name or "address" in name
    }
    assert named == set(_ADDRESSES)


@pytest.mark.parametrize(
    "kind",
    [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.CtdcError)],
    ids=str,
)
def test_no_error_of_ours_repeats_one(kind: type[errors.CtdcError]) -> None:
    for uri in FORMS.values():
        error = kind(f"{uri} is not there")
        assert MARKED not in f"{error}{error!r}{error.args}"


def raw_settings() -> Settings:
    """Unchecked settings, as if one place had been forgotten."""
    uri = FORMS["a key and its secret"]
    checked = build_settings({"sensitive_microdata_path": "cases.csv", "output_dir": "out"})
    places = {"sensitive_microdata_path": uri, "output_dir": uri, "sensitive_dir": uri, "staging_dir": uri}
    return checked.model_copy(update=places)


def test_plan_and_places_hide_it_by_themselves() -> None:
    settings = raw_settings()
    assert MARKED not in describe_plan(settings)
    assert all(MARKED not in does for does in choose_protection(settings).describe(settings).values())
    assert MARKED not in TableLocation.of(settings).name("releases")


@pytest.mark.parametrize("terminal", [False, True])
def test_progress_hides_it(terminal: bool, capfd: pytest.CaptureFixture[str]) -> None:
    lines = io.StringIO()
    progress = Progress("r1", terminal=terminal, lines=lines)
    progress.show(f"plan: {FORMS['a key and its secret']}")
    with progress.stage("release", 1, 1) as facts:
        facts["place"] = FORMS["a signature"]
    told = capfd.readouterr()
    assert MARKED not in lines.getvalue() + told.out + told.err
    assert "below/x.csv" in lines.getvalue() + told.err


def raise_error(error: Exception) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


@pytest.mark.parametrize("form", FORMS)
def test_whatever_a_command_ends_with_hides_it(form: str, capfd: pytest.CaptureFixture[str]) -> None:
    uri = FORMS[form]
    for error in (
        DataError(uri),
        SettingsError([uri, f"x: {uri}"]),
        click.UsageError(f"Got unexpected extra argument ({uri})"),
        click.BadParameter(uri, param_hint="--format"),
        click.FileError(uri, "no"),
        RuntimeError(uri),
        OSError(28, f"No space left on device: {uri}"),
        ValueError(f"ExecutorLostFailure {uri}"),
    ):
        assert exit_code_of(raise_error(error)) != 0
        told = capfd.readouterr()
        assert told.err
        assert MARKED not in told.out + told.err


def test_commands_say_things_through_one_door() -> None:
    """No module prints by itself, but fixed texts: what `report` and `Progress` print has no secret of an address."""
    found = []
    root = Path(ctdc_spark.__file__).parent
    for path in sorted(root.rglob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        calls = [node for node in nodes if isinstance(node, ast.Call)]
        fixed = [node.func for node in calls if node.args and all(isinstance(a, ast.Constant) for a in node.args)]
        for node in nodes:
            if node in fixed:
                continue
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"print", "click.echo", "click.secho", "echo"}:
                found.append(str(path.relative_to(root)))
            if isinstance(node, ast.Attribute) and ast.unparse(node) in {"sys.stdout.write", "sys.stderr.write"}:
                found.append(str(path.relative_to(root)))
    assert set(found) == {"cli/printing.py", "pipeline/progress.py"}


def test_a_file_system_that_repeats_it_in_pieces_is_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    def open_filesystem(uri: str) -> tuple[fs.FileSystem, str]:
        raise OSError(f"denied for {' and '.join(list_secrets(uri))}")

    monkeypatch.setattr(files, "_open_filesystem", open_filesystem)
    for uri in FORMS.values():
        for use in (files.read_text, files.exists, files.remove, lambda one: files.write_text(one, "x")):
            with pytest.raises(DataError) as caught:
                use(uri)
            assert MARKED not in str(caught.value)


# --- commands, each with the secret in one place of its command line


URI = FORMS["a key and its secret"]

ASKED: dict[str, list[str]] = {
    "init DATA": ["init", URI],
    "init -o": ["init", "nowhere.csv", "-o", f"foo://user:{MARKED}@host/x.yaml"],
    "demo-data PATH": ["demo-data", URI],
    "demo FOLDER": ["demo", f"foo://user:{MARKED}@host/x"],
    "run SETTINGS": ["run", f"foo://user:{MARKED}@host/x.yaml"],
    "check SETTINGS": ["check", f"foo://user:{MARKED}@host/x.yaml"],
    "explore RELEASE": ["explore", URI.removesuffix("/x.csv")],
    "explore a settings file": ["explore", f"foo://user:{MARKED}@host/x.yaml"],
    "compare --release": ["compare", "a", "b", "--release", URI],
    "export --release": ["export", "--release", URI, "--format", "csv", "--to", "out"],
    "export --to": ["export", "--release", "RELEASE", "--format", "csv", "--to", URI],
    "sample --release": ["sample", "--release", URI, "--model", "m", "-o", "x.csv"],
    "sample --model": ["sample", "--release", "RELEASE", "--model", URI, "-o", "x.csv"],
    "sample -o": ["sample", "--release", "RELEASE", "--model", "m", "-o", URI],
    "tidy PLACE": ["tidy", URI],
    "verify --microdata": ["verify", "SETTINGS", "--microdata", URI],
    "verify --aggregates": ["verify", "SETTINGS", "--aggregates", URI],
    "an unknown command": [URI],
    "an unknown option": ["run", f"--x={URI}"],
    "an argument too many": ["tidy", "a", URI],
    "--set of a place": ["check", "SETTINGS", "--set", f"output_dir={URI}"],
    "--set of no key": ["check", "SETTINGS", "--set", f"x={URI}"],
    "--set without a value": ["check", "SETTINGS", "--set", URI],
    "--release-id": ["check", "SETTINGS", "--set", f"release_id={URI}"],
    "--format": ["export", "--release", "RELEASE", "--format", URI, "--to", "out"],
}


@pytest.mark.parametrize("name", ASKED)
def test_no_command_says_it_or_hands_it_on(
    name: str, spark: SparkSession, finished: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = write_settings(tmp_path, finished / "cases.csv", **KEYS)
    stand_ins = {"RELEASE": str(finished / "release"), "SETTINGS": settings}
    assert command(*(stand_ins.get(word, word) for word in ASKED[name])) == 2
    told = capfd.readouterr()
    assert told.err
    assert MARKED not in told.out + told.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["settings.yaml"]


@pytest.mark.parametrize("one", ["run", "check", "plan", "verify", "assess", "cases", "proof", "release", "explore"])
@pytest.mark.parametrize("key", ["sensitive_microdata_path", "output_dir", "staging_dir"])
def test_settings_with_one_are_refused_by_every_command(
    one: str, key: str, spark: SparkSession, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    keys: dict[str, Any] = {key: URI}
    data = keys.pop("sensitive_microdata_path", tmp_path / "cases.csv")
    assert command(one, write_settings(tmp_path, data, **keys)) == 2
    told = capfd.readouterr()
    assert f"{key}: found s3a://bucket/below/x.csv with a password" in told.err
    assert MARKED not in told.out + told.err


def test_python_that_reads_a_release_is_refused_as_well(spark: SparkSession, finished: Path) -> None:
    release = open_release(spark, str(finished / "release"))
    for read in (lambda: open_release(spark, URI), lambda: release.sample(model=URI)):
        with pytest.raises(SettingsError, match="a password, a key or a token") as caught:
            read()
        assert MARKED not in str(caught.value)
