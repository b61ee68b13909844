"""The documents of a publication package agree with its files and with each other, whatever the settings say."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from ctdc_spark.errors import DataError
from ctdc_spark.io.formulas import quote_text
from ctdc_spark.release.package.about import read_about
from ctdc_spark.release.package.folder import write_documents_of, zip_folder
from ctdc_spark.release.package.json_stat import write_json_stat
from ctdc_spark.release.small_rows import SmallRows

AGE, FORMULA, PLACE = "age, in years", "=sum(1)", "pays; été: où? <b>"
SAID: dict[str, Any] = {
    "description": "Records of *two* years.",
    "publisher": "Office & Partners",
    "contact": "data@example.org",
    "licence": "CC-BY-4.0",
    "doi": "10.1234/cases",
    "url": "https://example.org/cases",
    "period": "2021/2022-06",
    "places": ["Kenya", "Uganda"],
}
PAIR = pa.list_(pa.struct([("column", pa.string()), ("value", pa.string())]))
PARQUET_KINDS = {"int32": "integer", "int64": "integer", "double": "number", "string": "string"}
DDI = "{ddi:codebook:2_5}"

TABLES = {
    "synthetic_microdata": pa.table(
        {"record_id": ["a", "b"], AGE: ["18--20", None], FORMULA: ["1", "@x"], PLACE: ['say "no"', "a,b"]}
    ),
    "aggregate_counts": pa.table(
        {
            "length": pa.array([1], pa.int32()),
            "combination": pa.array([[{"column": AGE, "value": "18--20"}]], PAIR),
            "combination_text": [f"{AGE}:18--20"],
            "protected_count": pa.array([20], pa.int64()),
        }
    ),
    "evaluation_metrics": pa.table({"metric": ["presence"], "length": pa.array([2], pa.int32()), "value": [0.5]}),
    "codebook": pa.table(
        {"column": [AGE, PLACE], "value": ["18--20", None], "label": ["18 to 20", None], "kind": ["bin", "withheld"]}
    ),
}
CODEBOOK = [
    {"column": AGE, "value": "18--20", "label": "18 to\x0b20", "group": None, "kind": "bin"},
    {"column": FORMULA, "value": "@x", "label": "@x", "group": None, "kind": "category"},
    {"column": PLACE, "value": None, "label": None, "group": None, "kind": "withheld"},
]
LEDGER: dict[str, Any] = {
    "release_id": "R1.b",
    "title": "Cases <of> {two} years",
    "published_seconds": 1_795_996_800,  # 2026-11-30 00:00 UTC
    "protected_number_of_subjects": 160,
    "number_of_synthetic_records": 2,
    "reporting_length": 2,
    "reporting_threshold": 5,
    "reporting_precision": 5,
    "guarantee": "strict",
    "synthesis_mode": "calibrated",
    "versions": json.dumps({"ctdc-spark": "0.1.0"}),
    "proof": json.dumps({"promises": {"records": "At least 5 people."}}),
}


def make(root: Path, said: dict[str, Any] | None = None, **changed: Any) -> Path:
    """A package of TABLES, with these keys in the settings and these columns in the ledger."""
    (root / "data").mkdir(parents=True)
    for name, table in TABLES.items():
        pq.write_table(table, root / "data" / f"{name}.parquet")
        flat = table.drop_columns(["combination"]) if "combination" in table.column_names else table
        with (root / "data" / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(map(quote_text, flat.column_names))
            writer.writerows(row.values() for row in flat.to_pylist())
    settings = {"use_columns": [AGE, FORMULA, PLACE], "column_labels": {AGE: "Age"}, **(said or {})}
    metrics = [{"metric": "presence", "length": 2, "count_from": None, "count_to": None, "value": 0.5}]
    ledger = {**LEDGER, "settings": json.dumps(settings), **changed}
    write_documents_of(root, SmallRows([ledger], metrics, CODEBOOK, [], {1: 1}, 2))
    return root


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("full") / "package", SAID)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("bare") / "package")


def load(root: Path, name: str) -> Any:
    return json.loads((root / name).read_text(encoding="utf-8"))


def kinds_in_parquet(path: Path) -> dict[str, str]:
    """The columns of a Parquet file that are not lists, with the kind that each must have."""
    return {one.name: PARQUET_KINDS[str(one.type)] for one in pq.read_schema(path) if not pa.types.is_list(one.type)}


def test_checksums_name_every_other_file_and_match(full: Path) -> None:
    lines = (full / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    there = {path.relative_to(full).as_posix(): path for path in full.rglob("*") if path.is_file()}
    assert sums == {n: hashlib.sha256(p.read_bytes()).hexdigest() for n, p in there.items() if n != "SHA256SUMS"}


def test_the_readme_names_every_file(full: Path, bare: Path) -> None:
    for root in (full, bare):
        named = set(re.findall(r"^\| `([^`]+)`", (root / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
        there = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
        assert named == {name for name in there if name != "README.md" and not name.endswith(".parquet")}


def test_the_data_package_describes_each_csv_file_as_it_is(full: Path) -> None:
    package = load(full, "datapackage.json")
    assert re.fullmatch(r"[a-z0-9._-]+", package["name"])
    assert [one["title"] for one in package["contributors"]] == ["Office & Partners"]
    assert package["licenses"][0]["path"].startswith("https://creativecommons.org/licenses/by/4.0")
    tabular = [one for one in package["resources"] if "schema" in one]
    assert {one["path"] for one in tabular} == {f"data/{name}.csv" for name in TABLES}
    for one in tabular:
        path = full / one["path"]
        with path.open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
        fields = {field["name"]: field["type"] for field in one["schema"]["fields"]}
        assert list(fields) == header
        assert fields == {quote_text(n): kind for n, kind in kinds_in_parquet(path.with_suffix(".parquet")).items()}


def test_each_metadata_file_has_the_right_size_and_digest_of_each_table(full: Path) -> None:
    files = {path.relative_to(full).as_posix(): path.read_bytes() for path in (full / "data").iterdir()}
    real = {name: (len(content), hashlib.sha256(content).hexdigest()) for name, content in files.items()}
    frictionless = load(full, "datapackage.json")["resources"]
    assert {one["path"]: (one["bytes"], one["hash"].removeprefix("sha256:")) for one in frictionless} == real
    for name in ("croissant.json", "dataset.jsonld"):
        found = load(full, name)["distribution"]
        assert {one["contentUrl"]: (int(one["contentSize"].split()[0]), one["sha256"]) for one in found} == real
    dcat = load(full, "dcat.jsonld")["dcat:distribution"]
    assert {
        one["dcat:downloadURL"]["@id"]: (
            int(one["dcat:byteSize"]["@value"]),
            one["spdx:checksum"]["spdx:checksumValue"]["@value"],
        )
        for one in dcat
    } == real


def test_croissant_reads_every_column_of_the_parquet_files_with_its_type(full: Path) -> None:
    said = load(full, "croissant.json")
    assert said["conformsTo"] == "http://mlcommons.org/croissant/1.1"
    assert {"name", "description", "license", "url", "creator", "datePublished", "citeAs"} <= said.keys()
    types = {"string": "sc:Text", "integer": "sc:Integer", "number": "sc:Float"}
    ids = {one["@id"] for one in said["distribution"]}
    for record_set in said["recordSet"]:
        fields = record_set["field"]
        assert len({field["@id"] for field in fields}) == len(fields)
        assert all(re.fullmatch(r"[A-Za-z0-9_/-]+", field["@id"]) for field in fields)
        (path,) = {field["source"]["fileObject"]["@id"] for field in fields}
        assert path in ids
        found = {field["source"]["extract"]["column"]: field["dataType"] for field in fields}
        assert found == {name: types[kind] for name, kind in kinds_in_parquet(full / path).items()}


def test_the_schema_has_every_column_of_both_files(full: Path) -> None:
    schema = load(full, "schema.json")
    assert schema.keys() == TABLES.keys()
    for name, table in schema.items():
        assert table["rows"] == len(TABLES[name])
        assert [one["name"] for one in table["columns"]] == TABLES[name].column_names
        assert [one["name"] for one in table["columns"] if "csv" not in one["in"]] == (
            ["combination"] if name == "aggregate_counts" else []
        )
    assert {one["name"]: one.get("name_in_csv") for one in schema["synthetic_microdata"]["columns"]}[FORMULA] == (
        "'=sum(1)"
    )


def test_the_metadata_say_what_the_settings_say(full: Path) -> None:
    dataset, dcat = load(full, "dataset.jsonld"), load(full, "dcat.jsonld")
    assert (dataset["url"], dataset["temporalCoverage"], dataset["datePublished"]) == (
        SAID["url"],
        SAID["period"],
        "2026-11-30",
    )
    assert dataset["publisher"]["contactPoint"]["email"] == SAID["contact"]
    assert [one["name"] for one in dataset["spatialCoverage"]] == SAID["places"]
    assert [one["name"] for one in dataset["variableMeasured"]] == ["Age", FORMULA, PLACE]
    assert dcat["dct:temporal"]["dcat:endDate"] == {"@value": "2022-06", "@type": "xsd:gYearMonth"}
    assert dcat["dcat:contactPoint"]["vcard:hasEmail"] == {"@id": "mailto:data@example.org"}
    assert dcat["dct:license"]["@id"] == "https://creativecommons.org/licenses/by/4.0/"
    assert (full / "LICENCE.txt").read_text(encoding="utf-8").startswith("CC-BY-4.0\nhttps://")


def test_the_codebook_of_ddi_has_variables_with_their_values(full: Path) -> None:
    root = ET.parse(full / "ddi.xml").getroot()
    assert (root.tag, root.get("version")) == (f"{DDI}codeBook", "2.5")
    assert [one.tag.removeprefix(DDI) for one in root] == ["stdyDscr", *["fileDscr"] * len(TABLES), "dataDscr"]
    files = {one.get("ID"): one.findtext(f".//{DDI}fileName") for one in root.iter(f"{DDI}fileDscr")}
    variables = list(root.iter(f"{DDI}var"))
    assert len({one.get("ID") for one in variables}) == len(variables)
    assert {one.get("files") for one in variables} == files.keys()
    of_records = [one for one in variables if one.get("files") == "F1"]
    assert [one.get("name") for one in of_records] == ["record_id", AGE, "'=sum(1)", PLACE]
    categories = of_records[1].findall(f"{DDI}catgry")
    assert [(one.findtext(f"{DDI}catValu"), one.findtext(f"{DDI}labl")) for one in categories] == [
        ("18--20", "18 to\ufffd20")  # XML has no vertical tab
    ]


def test_citations_are_whole(full: Path) -> None:
    text = (full / "citation.txt").read_text(encoding="utf-8")
    assert text == (
        "Office & Partners (2026). Cases <of> {two} years (release R1.b) [Data set]. https://doi.org/10.1234/cases\n"
    )
    bibtex = (full / "citation.bib").read_text(encoding="utf-8")
    assert r"author = {{Office \& Partners}}" in bibtex
    assert r"title = {{Cases <of> \{two\} years}}" in bibtex
    cff = yaml.safe_load((full / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= cff.keys()
    assert (cff["authors"], cff["license"], cff["type"]) == ([{"name": "Office & Partners"}], "CC-BY-4.0", "dataset")
    assert (cff["date-released"], cff["version"]) == ("2026-11-30", "R1.b")


def test_the_readme_quotes_the_promises_and_explains_counts(full: Path) -> None:
    readme = (full / "README.md").read_text(encoding="utf-8")
    assert '> "At least 5 people."' in readme
    assert "none stands for a person" in readme
    assert "a count of 20 stands for an interval, 20 to 24 people" in readme
    assert "A combination without a count is not zero" in readme
    assert r"# Cases \<of\> {two} years" in readme


def test_what_the_settings_do_not_say_is_left_out(bare: Path) -> None:
    names = {path.name for path in bare.iterdir()}
    assert {"LICENCE.txt", "CITATION.cff"} & names == set()
    text = "".join(path.read_text(encoding="utf-8") for path in bare.iterdir() if path.is_file())
    assert not re.search(r"\bNone\b|example\.org|doi\.org", text)
    assert {"license", "url", "publisher"} & load(bare, "croissant.json").keys() == set()
    assert (bare / "citation.txt").read_text(encoding="utf-8") == (
        "Cases <of> {two} years (release R1.b) [Data set]. (2026).\n"
    )


def test_words_that_are_no_address_are_given_as_words(tmp_path: Path) -> None:
    root = make(tmp_path / "package", {**SAID, "licence": "Ask us", "contact": "the office, room 4"})
    assert load(root, "dataset.jsonld")["license"] == {"@type": "CreativeWork", "name": "Ask us"}
    assert load(root, "dcat.jsonld")["dcat:contactPoint"]["vcard:note"] == "the office, room 4"
    assert load(root, "datapackage.json")["licenses"] == [{"title": "Ask us"}]
    assert "license" not in yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))


def test_a_noisy_release_promises_no_smallest_group(tmp_path: Path) -> None:
    noisy: dict[str, Any] = {
        "guarantee": "dp: epsilon 1.0 and delta 1e-06",
        "protection": "dp",
        "reporting_precision": 1,
    }
    root = make(tmp_path / "package", **noisy)
    said = (root / "README.md").read_text(encoding="utf-8") + (root / "METHOD.md").read_text(encoding="utf-8")
    assert "Differential privacy with epsilon 1.0 and delta 1e-06" in said
    assert "A count is an estimate with random noise" in said
    assert "smallest group of people that is described" not in said
    assert "Counts are exact" not in said


def test_a_release_of_an_earlier_version_has_its_promises_from_the_ledger(tmp_path: Path) -> None:
    root = make(tmp_path / "package", proof=None)
    assert "at least 5 people in the original data who all have" in (root / "README.md").read_text(encoding="utf-8")


def test_settings_of_somebody_else_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"found\s+something else in: url"):
        make(tmp_path / "package", {"url": "javascript:alert(1)"})


def test_the_same_folder_gives_the_same_zip_file(full: Path, tmp_path: Path) -> None:
    again = make(tmp_path / "again", SAID)
    for name, root in (("a.zip", full), ("b.zip", again)):
        zip_folder(root, tmp_path / name, "R1.b")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_cube_says_what_a_cell_without_a_count_means() -> None:
    settings = {"use_columns": [AGE, FORMULA, PLACE], "column_labels": {AGE: "Age"}, **SAID}
    counts = [
        {"combination": [{"column": AGE, "value": "18--20"}], "protected_count": 20},
        {"combination": [{"column": AGE, "value": "18--20"}, {"column": FORMULA, "value": "@x"}], "protected_count": 5},
    ]
    codebook = [*CODEBOOK, {"column": FORMULA, "value": "#", "label": None}]
    said = json.loads(write_json_stat(read_about({**LEDGER, "settings": json.dumps(settings)}), counts, codebook))
    assert (said["version"], said["class"], said["label"]) == ("2.0", "collection", LEDGER["title"])
    age, formula, both = said["link"]["item"]
    assert (age["label"], age["value"], "status" in age) == ("Age", [20], False)
    assert (formula["value"], formula["status"]) == ([None, None], {"0": "w", "1": "w"})
    assert (both["id"], both["size"], both["value"], both["status"]) == ([AGE, FORMULA], [1, 2], [None, 5], {"0": "w"})
    assert both["dimension"][FORMULA]["category"] == {"index": ["#", "@x"], "label": {"#": "#", "@x": "@x"}}
    assert both["extension"]["status"]["label"] == {"w": "not published: fewer than 5 people, or nobody"}
