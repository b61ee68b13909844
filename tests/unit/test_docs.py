"""The pages describe what exists: links lead somewhere, commands exist, tables and figures are those of the code."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

import ctdc_spark
from ctdc_spark import errors
from ctdc_spark.cli.main import cli
from ctdc_spark.engine.session import delta_coordinate
from ctdc_spark.errors import CtdcError
from ctdc_spark.release import contracts
from ctdc_spark.settings import load_settings
from ctdc_spark.settings.marks import marks_of
from ctdc_spark.settings.schema import SettingsFields

ROOT = Path(__file__).parents[2]
TOP = [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "deploy/README.md")]
PAGES = [*TOP, *sorted((ROOT / "docs").rglob("*.md"))]
TEXTS = [*PAGES, *sorted((ROOT / "notebooks").glob("*.py")), *sorted((ROOT / "deploy").glob("*.sh"))]
SOURCES = ("benchmarks", "ctdc_spark", "deploy", "jobs", "notebooks", "tests", "tools")
EXPLORER_PICTURES = {f"explorer-{view}.png" for view in ("compare", "relations", "evaluate", "report", "about")}
PUBLIC_HOSTS = {
    "docs.delta.io",
    "example.org",
    "github.com",
    "keepachangelog.com",
    "semver.org",
    "spark.apache.org",
    "www.ctdatacollaborative.org",
    "www.naturalearthdata.com",
    "www.w3.org",
}

of_each_page = pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
of_each_text = pytest.mark.parametrize("text", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def read_links(page: Path) -> list[str]:
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.findall(r"\]\(([^)\s]+)\)", text)


def read_anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as the usual repository sites make them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def read_commands(page: Path) -> list[list[str]]:
    """What follows `ctdc-spark` on each line that shows it as code."""
    text = page.read_text(encoding="utf-8")
    code = re.findall(r"```\w*\n(.*?)```", text, flags=re.DOTALL)
    lines = [line for block in code for line in block.splitlines() if re.match(r"\s*ctdc-spark ", line)]
    inline = re.findall(r"`(ctdc-spark [^`\n]*)`", text)
    return [shlex.split(line, comments=True)[1:] for line in (*lines, *inline)]


@of_each_page
def test_links_lead_to_files_and_headings_that_are_there(page: Path) -> None:
    for link in read_links(page):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert ROOT in target.parents, link
        assert not anchor or anchor in read_anchors(target), link


@of_each_page
def test_modules_named_in_code_exist_and_hold_what_is_said_of_them(page: Path) -> None:
    kinds = ("*.py", "*.js")
    there = [path for top in SOURCES for kind in kinds for path in (ROOT / top).rglob(kind)]
    named = re.findall(r"`((?:\w+/)*\w+\.(?:py|js))(?:: (\w+))?`", page.read_text(encoding="utf-8"))
    for module, name in named:
        found = [path for path in there if f"/{path.relative_to(ROOT)}".endswith(f"/{module}")]
        assert found, module
        declared = rf"^(?:def|class) {name}\b|^{name}\b.* = "
        assert not name or any(re.search(declared, path.read_text("utf-8"), re.MULTILINE) for path in found), name


@of_each_page
def test_commands_and_their_options_exist(page: Path) -> None:
    for arguments in read_commands(page):
        name = arguments[0]
        if name.startswith("-"):
            assert name in {"--help", "--version"}
            continue
        assert name in cli.commands, arguments
        known = {option for parameter in cli.commands[name].params for option in parameter.opts}
        asked = {argument.partition("=")[0] for argument in arguments[1:] if argument.startswith("-")}
        assert asked <= known | {"--help"}, arguments


def test_the_readme_lists_every_command() -> None:
    listed = re.findall(r"^\| `ctdc-spark ([\w-]+)", read("README.md"), flags=re.MULTILINE)
    assert sorted(listed) == sorted(cli.commands)


def test_make_targets_named_in_the_pages_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), flags=re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text(), re.MULTILINE)}
    assert named <= targets
    assert {"demo", "test", "install"} <= named


def test_the_readme_has_the_exit_codes_of_the_error_tree() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, CtdcError)]
    codes = {0} | {kind.exit_code for kind in kinds}
    assert {int(code) for code in re.findall(r"^\| (\d) \|", read("README.md"), flags=re.MULTILINE)} == codes


def test_the_reference_names_every_key_that_the_ledger_does_not_show() -> None:
    section = read("docs/reference/settings.md").split("### What the ledger shows")[1].split("\n## ")[0]
    hidden = {key for key, mark in marks_of(SettingsFields.model_fields).items() if not mark.public}
    assert hidden <= set(re.findall(r"`(\w+)`", section))


def test_the_readme_lists_the_published_tables() -> None:
    section = read("README.md").split("## What is published")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)) == set(contracts.TABLES)


@pytest.mark.parametrize(
    "contract", [contracts.AGGREGATE_COUNTS, contracts.CODEBOOK, contracts.RELEASES], ids=lambda contract: contract.name
)
def test_the_page_on_the_pipeline_has_the_columns_of_the_contracts(contract: contracts.Contract) -> None:
    columns = ", ".join(f"{column.name} {column.type}" for column in contract.columns)
    assert f"| `{contract.name}` | `{columns}` |" in read("docs/explanation/pipeline.md")


@of_each_text
def test_no_path_of_a_machine_and_no_private_host_is_named(text: Path) -> None:
    content = text.read_text(encoding="utf-8")
    assert not re.findall(r"(?<![\w.<>/])/(?:work|root|home|tmp|mnt|opt|usr|Users)\b(?!/bin/env)", content)
    assert set(re.findall(r"https?://([^/\s)>\"']+)", content)) <= PUBLIC_HOSTS


def test_every_page_is_reached_from_an_index() -> None:
    indexes = [ROOT / "README.md", ROOT / "docs/README.md", ROOT / "docs/decisions/README.md"]
    reached = {(index.parent / link.partition("#")[0]).resolve() for index in indexes for link in read_links(index)}
    assert set(PAGES) - reached - {ROOT / "README.md", ROOT / "deploy/README.md"} == set()


def test_decisions_are_numbered_without_gaps() -> None:
    names = sorted(path.name for path in (ROOT / "docs/decisions").glob("0*.md"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    for name in names:
        assert read(f"docs/decisions/{name}").startswith(f"# {name[:4]}: ")


def test_pictures_are_small() -> None:
    pictures = list((ROOT / "docs/images").iterdir())
    drawn = {"pipeline.svg", "utility.svg", "privacy.svg"}
    assert {picture.name for picture in pictures} == {*drawn, "explorer.png", *EXPLORER_PICTURES}
    assert all(picture.stat().st_size < 300_000 for picture in pictures)


def test_the_plain_spark_submit_command_names_the_versions_of_the_lock() -> None:
    page, lock = read("docs/how-to/spark-submit.md"), read("requirements.lock")
    [spark], [delta] = (re.findall(rf"^{name}==([\d.]+)", lock, re.MULTILINE) for name in ("pyspark", "delta-spark"))
    assert f"--packages {delta_coordinate(spark, delta)} " in page
    assert f"ctdc_spark-{ctdc_spark.__version__}-py3-none-any.whl" in page


def test_the_configuration_shown_to_users_of_the_peer_loads_with_the_warnings_shown(tmp_path: Path) -> None:
    page = read("docs/how-to/from-synthetic-data-showcase.md")
    [config] = re.findall(r"```json\n(.*?)```", page, flags=re.DOTALL)
    path = tmp_path / "my_config.json"
    path.write_text(config, encoding="utf-8")
    settings, warnings = load_settings(str(path))
    assert settings.synthesis_mode == "calibrated"
    assert warnings == re.findall(r"^warning: (.*)$", page, flags=re.MULTILINE)


def test_the_changelog_begins_with_what_is_unreleased() -> None:
    headings = re.findall(r"^## (.*)$", read("CHANGELOG.md"), flags=re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", heading) for heading in headings[1:])
    assert ctdc_spark.__version__ == headings[1][1:].partition("]")[0]
    for version in read("CHANGELOG.md").split("\n## ")[1:]:
        kinds = re.findall(r"^### (.*)$", version, flags=re.MULTILINE)
        assert kinds == [kind for kind in ("Security", "Added", "Changed", "Fixed") if kind in kinds]


def test_commands_are_found_in_pages() -> None:
    """The tests above would pass on nothing if the pages were misread."""
    assert isinstance(cli, click.Group)
    assert ["run", "settings.yaml"] in read_commands(ROOT / "README.md")
    assert ["export", "--release", "release", "--format", "csv", "--to", "files"] in read_commands(ROOT / "README.md")
    assert len(read_links(ROOT / "docs/README.md")) > 8
