"""The public API as a notebook uses it: a DataFrame as the input, two identities, and a release that is only read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
import yaml
from pyspark.sql import functions as F

import ctdc_spark as ctdc
from ctdc_spark.cases.dataframe import NAME, VIEW
from ctdc_spark.cli.submit import submit
from tests.end_to_end.running import aggregates, all_tables
from tests.end_to_end.sample import AGE, CITY, COLUMNS, COUNTRY, KEYS, MARKER, MEANS, sample_rows

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SMALL: dict[str, Any] = {"use_columns": ["sex", CITY], "reporting_resolution": 5, "reporting_length": 2, "seed": 0}


def keys_in(folder: Path, **keys: Any) -> dict[str, Any]:
    """The keys of a release in this folder, as `write_settings` gives them, without an input."""
    places = {"output_dir": str(folder / "release"), "sensitive_dir": str(folder / "sensitive")}
    return {**places, "release_id": "r1", "seed": 0, "keep_intermediates": True, **keys}


@pytest.fixture(scope="module")
def cases(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([tuple(row[name] for name in COLUMNS) for row in sample_rows()], list(COLUMNS))


@pytest.fixture(scope="module")
def release(spark: SparkSession, finished: Path) -> ctdc.Release:
    return ctdc.open_release(spark, str(finished / "release"))


@pytest.fixture(scope="module")
def published(
    spark: SparkSession, cases: DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, ctdc.Publisher, ctdc.Release]:
    """The sample as a DataFrame: prepared by one publisher, and published by another that does not have it."""
    folder = tmp_path_factory.mktemp("dataframe")
    keys = keys_in(folder, **KEYS, staging_dir=str(folder / "staging"))
    publisher = ctdc.Publisher.from_dataframe(spark, cases, ctdc.Settings(**keys))
    assert publisher.prepare() == "r1"
    assert not (folder / "release").exists()
    file = folder / "settings.yaml"
    file.write_text(yaml.safe_dump(keys), encoding="utf-8")
    with pytest.raises(SystemExit) as stopped:
        submit("publish", ["--settings", str(file)])
    assert stopped.value.code == 0
    return folder, publisher, ctdc.open_release(spark, folder / "release")


def test_a_dataframe_gives_the_release_that_a_file_of_the_same_rows_gives(
    finished: Path, published: tuple[Path, ctdc.Publisher, ctdc.Release]
) -> None:
    folder, _, release = published
    assert release.id == "r1"
    assert all_tables(release._spark, folder / "release") == all_tables(release._spark, finished / "release")


def test_nothing_of_a_dataframe_is_written_but_below_the_sensitive_place(
    published: tuple[Path, ctdc.Publisher, ctdc.Release],
) -> None:
    folder, publisher, _ = published
    assert {path.name for path in folder.iterdir()} <= {"release", "sensitive", "staging", "settings.yaml"}
    for path in folder.rglob("*"):
        if path.is_file() and "sensitive" not in path.relative_to(folder).parts:
            content = path.read_bytes()
            assert MARKER.encode() not in content, path
            assert VIEW.encode() not in content, path
    assert publisher.settings.fingerprint() == ctdc.Settings(**keys_in(folder, **KEYS)).fingerprint()


def test_a_dataframe_is_looked_at_and_proven_again(published: tuple[Path, ctdc.Publisher, ctdc.Release]) -> None:
    _, publisher, _ = published
    findings = publisher.check()
    assert f"read {NAME}, prepare" in findings.plan
    assert "settings and data can be used" in repr(findings)
    verification = publisher.verify()
    verification.require()
    assert f"verified: all {len(verification.findings)} checks hold" in verification._repr_html_()
    foreseen: Any = publisher.plan(cores=4)
    assert "4 cores" in repr(foreseen)
    assert "<pre>" in foreseen._repr_html_()


def changing(cases: DataFrame) -> DataFrame:
    """Each reading gives each row a new city; workers are forked, and would draw alike with `random`."""
    toss = F.udf(lambda _: __import__("secrets").choice(["North", "South", "East"]))
    return cases.withColumn(CITY, toss.asNondeterministic()(CITY))


def test_a_dataframe_that_changes_is_refused(spark: SparkSession, cases: DataFrame, tmp_path: Path) -> None:
    publisher = ctdc.Publisher.from_dataframe(spark, changing(cases), ctdc.Settings(**keys_in(tmp_path, **SMALL)))
    with pytest.raises(ctdc.DataError, match=r"other rows when it was read again.*Write the rows to a table"):
        publisher.run()
    assert not (tmp_path / "release").exists()
    assert not (tmp_path / "sensitive" / "r1" / "staged").exists()
    with pytest.raises(ctdc.DataError, match="no proven release waits"):
        publisher.publish()


def test_the_same_settings_for_another_dataframe_are_refused_as_published(
    spark: SparkSession, cases: DataFrame, published: tuple[Path, ctdc.Publisher, ctdc.Release]
) -> None:
    _, publisher, _ = published
    settings = publisher.settings.model_copy(update={"sensitive_microdata_table": None})
    other = ctdc.Publisher.from_dataframe(spark, cases.limit(100), settings)
    with pytest.raises(ctdc.AlreadyPublishedError, match=r"\(release_id\), or replace the old one \(force\)$"):
        other.run()


def test_what_is_no_dataframe_of_the_session_is_refused(spark: SparkSession, cases: DataFrame, tmp_path: Path) -> None:
    settings = ctdc.Settings(**keys_in(tmp_path))
    wrong: Any
    for wrong, kind in ((cases.toPandas(), "pandas.DataFrame"), (None, "builtins.NoneType")):
        with pytest.raises(ctdc.ArgumentError, match=rf"^cases: found a {kind}; allowed: a Spark DataFrame"):
            ctdc.Publisher.from_dataframe(spark, wrong, settings)
    twice = cases.select("sex", "sex", CITY)
    with pytest.raises(ctdc.ArgumentError, match=r"^cases: found several columns with the same name .1 names"):
        ctdc.Publisher.from_dataframe(spark, twice, settings)
    named = ctdc.Settings(**keys_in(tmp_path, sensitive_microdata_path="cases.csv"))
    with pytest.raises(ctdc.SettingsError, match=r"^sensitive_microdata_path: found together with a DataFrame"):
        ctdc.Publisher.from_dataframe(spark, cases, named)
    publisher = ctdc.Publisher(spark, settings)
    for method in (publisher.check, publisher.plan, publisher.run, publisher.prepare, publisher.verify):
        with pytest.raises(ctdc.SettingsError, match="found none; allowed: exactly one of them, or a DataFrame with"):
            method()
    with pytest.raises(ctdc.ArgumentError, match=r"^job: found publsh; allowed: run, prepare, publish, cases, "):
        publisher.run_job("publsh")
    assert not (tmp_path / "sensitive").exists()


def test_a_wrong_column_is_named_with_the_dataframe(spark: SparkSession, cases: DataFrame, tmp_path: Path) -> None:
    settings = ctdc.Settings(**keys_in(tmp_path, use_columns=["sex", "citty"]))
    with pytest.raises(ctdc.DataError, match=r"^the DataFrame: use_columns names citty, .* did you mean city"):
        ctdc.Publisher.from_dataframe(spark, cases, settings).check()


def test_a_release_is_read_without_settings(release: ctdc.Release) -> None:
    tables = (release.records, release.counts, release.metrics, release.attribute_metrics, release.codebook)
    assert release.id == "r1"
    for rows in (*tables, release.coverage, release.ledger):
        assert {row["release_id"] for row in rows.select("release_id").distinct().collect()} == {"r1"}
    assert release.records.columns == ["release_id", "record_id", *COLUMNS]
    assert release.ledger.count() == 1
    assert {row["column"] for row in release.coverage.collect()} == set(COLUMNS)


def test_a_count_is_that_of_the_table_or_withheld(spark: SparkSession, finished: Path, release: ctdc.Release) -> None:
    known = aggregates(spark, finished)
    assert release.count({}).count == release.ledger.collect()[0]["protected_number_of_subjects"]
    for length in (1, 2):
        asked, count = next((one, n) for one, n in known.items() if len(one) == length and MEANS not in dict(one))
        found = release.count(dict(asked))
        assert (found.count, found.low, found.high, found.status) == (count, count, count + 4, "reported")
    values = {row["column"]: row["value"] for row in release.codebook.where("value is not null").collect()}
    singles = [{name: values[name]} for name in COLUMNS]
    withheld = [
        {"sex": sex, COUNTRY: country, CITY: city}
        for sex in ("f", "m")
        for country in ("BB:B", "CC;C")
        for city in ("North", "South")
    ]
    assert all(release.count(one).status == "reported" for one in singles)
    assert {release.count(one).status for one in withheld[:1]} == {"not counted"}
    several = release.count({MEANS: ["debt; bonds", "<threats>"]})
    assert several.status in ("reported", "withheld")
    assert "&lt;threats&gt;" in several._repr_html_()


def test_an_estimate_is_the_published_count_wherever_there_is_one(release: ctdc.Release) -> None:
    sex, country, city = ({"sex": "f"}, {COUNTRY: "BB:B"}, {CITY: "North"})
    for asked in ({}, sex, country, {**sex, **country}):
        count, found = release.count(asked), release.estimate(asked)
        kind = {"reported": "actual", "withheld": "withheld"}[count.status]
        assert (found.kind, found.value) == (kind, count.count)
        assert (found.low, count.low) == (count.low or 0, count.low or 0)
    longer = release.estimate({**sex, **country, **city})
    assert longer.kind in ("estimate", "uncounted", "withheld")
    parts = [release.count(part).high or 0 for part in ({**sex, **country}, {**sex, **city}, {**country, **city})]
    assert longer.low <= (longer.value or longer.low) <= longer.high <= min(parts)
    assert repr(longer).startswith("sex: f; ")


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"gender": "f"}, "combination: found the column 'gender', .*; allowed: 'sex', 'age, in years'"),
        ({"sex": "F"}, "combination: found 'F' in sex, .*; allowed: 'f', 'm'"),
        ({CITY: f"{MARKER} city 0"}, "allowed: 'North', 'South', 'elsewhere'"),
        ({AGE: ["a", "b"]}, "found 2 values of age, in years; allowed: one"),
    ],
)
def test_a_count_of_what_is_not_there_names_what_is(release: ctdc.Release, asked: dict[str, Any], says: str) -> None:
    with pytest.raises(ctdc.ArgumentError, match=says):
        release.count(asked)


def test_a_release_shows_itself(release: ctdc.Release) -> None:
    assert repr(release).startswith("Release r1\n  title: A release for tests\n")
    assert "<b>Release r1</b>" in release._repr_html_()
    assert "Release r1 is complete." in release.describe()
    assert release.explore(height=300)._repr_html_().startswith('<iframe sandbox="')


def test_a_release_is_compared_exported_and_sampled(finished: Path, release: ctdc.Release, tmp_path: Path) -> None:
    same = release.compare("r1")
    assert "warning" not in repr(same)
    assert all(change.changed == 0 for change in same.lengths)
    assert "<b>r1 -&gt; r1</b>" in same._repr_html_()
    with pytest.raises(ctdc.DataError, match="release 'r0' is not complete"):
        release.compare("r0")
    written = release.export(tmp_path / "files", format="csv")
    assert {Path(path).name for path in written} >= {"synthetic_microdata.csv", "aggregate_counts.csv"}
    with pytest.raises(
        ctdc.SettingsError, match=r"^format: found xlsx; allowed: csv, tsv, parquet, sds, json-stat, package$"
    ):
        release.export(str(tmp_path / "other"), format="xlsx")
    with pytest.raises(ctdc.SettingsError, match=r"^folder: .* exists and is not an empty folder"):
        release.export(str(tmp_path / "files"))
    more = release.sample(50, model=finished / "sensitive" / "r1", seed=3)
    assert more.columns == ["record_id", *COLUMNS]
    assert abs(more.count() - 50) <= 2
    assert release.write_sample(tmp_path / "more.csv", 50, model=finished / "sensitive" / "r1", seed=3) == more.count()
    with pytest.raises(ctdc.DataError) as refused:
        release.sample(model=tmp_path / "nowhere")
    assert str(refused.value) == f"model: {tmp_path / 'nowhere'} does not exist where Spark runs"
    assert Path(release.write_page(tmp_path / "page.html")).read_text(encoding="utf-8").startswith("<!")


def test_a_place_or_release_that_is_not_there_is_named(spark: SparkSession, finished: Path, tmp_path: Path) -> None:
    with pytest.raises(ctdc.DataError, match=r"^place: .* holds no published release"):
        ctdc.open_release(spark, tmp_path)
    with pytest.raises(ctdc.DataError, match=r"^release_id: found r9; complete releases in .*: r1$"):
        ctdc.open_release(spark, str(finished / "release"), "r9")


def test_a_release_that_was_withdrawn_says_so(spark: SparkSession, copied: Path) -> None:
    release = ctdc.open_release(spark, copied / "release")
    spark.sql(f"DELETE FROM delta.`{copied / 'release' / 'releases'}`")  # noqa: S608
    assert re.fullmatch(r"Release r1\n  cannot be read: release 'r1' is no longer in .*releases`?", repr(release))
    assert "is no longer in" in release._repr_html_()
    with pytest.raises(ctdc.DataError, match=r"^release 'r1' is no longer in"):
        release.count({})
    with pytest.raises(ctdc.DataError, match=r"^release 'r1' is no longer in"):
        release.sample(model=copied / "sensitive" / "r1")


def test_to_look_at_a_release_does_not_fail_where_the_session_was_stopped(
    release: ctdc.Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    unread = ctdc.Release(release._spark, release._place, "r1")

    def stopped(*_: object) -> NoReturn:
        raise AssertionError

    monkeypatch.setattr("ctdc_spark.api.release.read_row", stopped)
    assert repr(unread) == "Release r1\n  cannot be read: AssertionError; is the session still open?"


def test_the_digest_of_the_rows_stays_in_the_sensitive_place(
    published: tuple[Path, ctdc.Publisher, ctdc.Release],
) -> None:
    folder, _, _ = published
    digests = [path.read_bytes() for path in (folder / "sensitive").rglob("reading.txt")]
    assert [len(digest) for digest in digests] == [64]
    for path in folder.rglob("*"):
        if path.is_file() and "sensitive" not in path.relative_to(folder).parts:
            assert digests[0] not in path.read_bytes(), path
