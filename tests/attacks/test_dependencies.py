"""Known holes in our dependencies: no floor admits one, no lock pins one, and images install from locks by hashes.

The table is kept by hand, from the Python Packaging Advisory Database and GitHub's advisories; a version without an
entry has no hole that we know of. An accepted entry has its reason beside it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from tools.engines import BUILT_WITH, ENGINES, Engine

tomllib = pytest.importorskip("tomllib", reason="reads pyproject.toml: Python 3.11 or newer")

ROOT = Path(__file__).parents[2]
LOCKS = (
    "requirements.lock",
    "requirements-assess.lock",
    *(f"deploy/locks/{n}.lock" for n in ("build", "cluster", "local")),
)
ONLY_BUILD = ("setuptools", "wheel")
OF_IMAGES = {"deploy/Containerfile": "local", "deploy/kubernetes/Containerfile": "cluster"}


class Hole(NamedTuple):
    """Versions from `since` up to, but not including, `fixed` have it; `accepted`: why it does not affect us, if so."""

    package: str
    since: str
    fixed: str
    advisory: str
    accepted: str = ""


HOLES = (
    Hole("click", "0", "8.3.3", "CVE-2026-7246"),
    Hole("fonttools", "4.33.0", "4.60.2", "CVE-2025-66034"),
    Hole("joblib", "0", "1.2.0", "CVE-2022-21797"),
    Hole("markdown-it-py", "0", "2.2.0", "CVE-2023-26303"),
    Hole("mpmath", "0", "1.3.0", "CVE-2021-29063"),
    Hole("numpy", "0", "1.22.0", "CVE-2021-34141"),
    Hole("pillow", "0", "12.3.0", "13 advisories fixed in 12.3.0"),
    Hole("playwright", "0", "1.55.1", "CVE-2025-59288"),
    Hole("protobuf", "0", "6.33.5", "CVE-2026-0994"),
    Hole("pyarrow", "0.14.0", "14.0.1", "CVE-2023-47248"),
    Hole("pyarrow", "15.0.0", "23.0.1", "CVE-2026-25087", "in a call of Arrow's C++ that its Python does not offer"),
    Hole("pydantic", "2.0", "2.4.0", "CVE-2024-3772"),
    Hole("pygments", "0", "2.20.0", "CVE-2026-4539"),
    Hole("pyspark", "0", "3.5.7", "CVE-2025-54920"),
    Hole("pyspark", "4.0.0", "4.0.1", "CVE-2025-54920"),
    Hole("pytest", "0", "9.0.3", "CVE-2025-71176"),
    Hole("pyyaml", "0", "5.4", "CVE-2020-14343"),
    Hole("scikit-learn", "0", "1.5.0", "CVE-2024-5206"),
    Hole("scipy", "0", "1.10.0", "CVE-2023-25399"),
    Hole("setuptools", "0", "78.1.1", "CVE-2025-47273"),
    Hole("setuptools", "0", "83.0.0", "CVE-2026-59890", "in packing source on macOS, for which nothing here uses it"),
    Hole("wheel", "0.40.0", "0.46.2", "CVE-2026-24049"),
    Hole("zipp", "0", "3.19.1", "CVE-2024-5569"),
)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def asked(others: tuple[str, ...] = BUILT_WITH) -> list[Requirement]:
    """All requirements in pyproject.toml and of the engines' environments."""
    project = tomllib.loads(read("pyproject.toml"))
    extras = [text for extra in project["project"]["optional-dependencies"].values() for text in extra]
    lines = [*project["project"]["dependencies"], *extras, *project["build-system"]["requires"], *others]
    return [Requirement(line) for line in lines]


def pinned(lock: str) -> dict[str, set[Version]]:
    """The versions of each package in a lock; several where they depend on the Python."""
    pins: dict[str, set[Version]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", read(lock), flags=re.MULTILINE):
        pins.setdefault(canonical(name), set()).add(Version(version))
    return pins


def has(hole: Hole, version: Version) -> bool:
    return Version(hole.since) <= version < Version(hole.fixed)


def admits(requirement: Requirement, hole: Hole) -> bool:
    """Whether a version with the hole meets a requirement: the floor, or the hole's first version or one soon after."""
    floors = [Version(one.version) for one in requirement.specifier if one.operator in {">=", "=="}]
    *front, last = Version(hole.since).release
    tried = [*floors, *(Version(".".join(map(str, [*front, last + step]))) for step in range(10))]
    return any(has(hole, version) and requirement.specifier.contains(version) for version in tried)


open_holes = [hole for hole in HOLES if not hole.accepted]


@pytest.mark.parametrize("hole", open_holes, ids=lambda hole: f"{hole.package}-{hole.advisory}")
def test_no_requirement_admits_a_version_with_a_known_hole(hole: Hole) -> None:
    wrong = [str(one) for one in asked() if canonical(one.name) == hole.package and admits(one, hole)]
    assert wrong == [], f"raise the floor to {hole.fixed}: {hole.advisory}"


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_pins_a_version_with_a_known_hole(lock: str) -> None:
    pins = pinned(lock)
    assert pins
    assert [h for h in open_holes for version in pins.get(h.package, ()) if has(h, version)] == []


def test_what_is_accepted_is_accepted_in_the_decision_too() -> None:
    decision = read("docs/decisions/0003-dependencies.md")
    assert [hole.advisory for hole in HOLES if hole.accepted and hole.advisory not in decision] == []


def test_every_requirement_has_a_floor_and_every_lock_is_above_it() -> None:
    without = [str(one) for one in asked() if not any(part.operator in {">=", "=="} for part in one.specifier)]
    assert without == []
    for lock in LOCKS:
        pins = pinned(lock)
        for requirement in asked(others=()):
            assert all(requirement.specifier.contains(v) for v in pins.get(canonical(requirement.name), ())), (
                requirement
            )


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_the_engines_that_are_claimed_are_among_what_is_asked_for(engine: Engine) -> None:
    [local] = [one for one in asked() if one.name == "pyspark" and not one.extras]
    [delta] = [one for one in asked() if one.name == "delta-spark"]
    assert local.specifier.contains(engine.spark)
    assert delta.specifier.contains(engine.delta)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_of_a_lock_has_hashes(lock: str) -> None:
    blocks = re.split(r"^(?=[\w.-]+==)", read(lock), flags=re.MULTILINE)
    assert [block.partition(" ")[0] for block in blocks if block.strip() and "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("name", ["build", "cluster", "local"])
def test_what_is_deployed_is_what_is_tested(name: str) -> None:
    tested = {**pinned("requirements.lock"), **{tool: pinned("deploy/locks/build.lock")[tool] for tool in ONLY_BUILD}}
    assert {k: v for k, v in pinned(f"deploy/locks/{name}.lock").items() if not v <= tested.get(k, set())} == {}


def test_the_lock_of_clusters_brings_no_spark() -> None:
    assert {"pyspark", "delta-spark", "py4j"} & pinned("deploy/locks/cluster.lock").keys() == set()
    assert {"pyspark", "delta-spark", "py4j"} <= pinned("deploy/locks/local.lock").keys()


@pytest.mark.parametrize("containerfile", OF_IMAGES)
def test_an_image_holds_what_it_installs_to_hashes(containerfile: str) -> None:
    """What comes from an index has hashes, including the tools that build from source: pip would fetch others."""
    text = read(containerfile)
    commands = re.findall(r"pip3? (?:install|wheel)[^&\n]*", text)
    locks = [lock for command in commands for lock in re.findall(r"--requirement (\w+)\.lock", command)]
    assert locks == ["build", OF_IMAGES[containerfile]]
    for command in commands:
        assert ("--require-hashes" in command) != ("--no-index" in command and "--no-deps" in command), command
        assert any(how in command for how in ("--only-binary :all:", "--no-build-isolation", "*.whl")), command
    assert not re.findall(r"^ADD (?!.*--checksum=sha256:[0-9a-f]{64}).*", text, re.MULTILINE)


@pytest.mark.parametrize("containerfile", OF_IMAGES)
def test_an_image_is_made_of_a_certain_one_and_does_not_run_as_root(containerfile: str) -> None:
    text = read(containerfile)
    bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert bases
    assert all(re.fullmatch(r"\S+(:\d+\.\d+\.\d+[\w.-]*|@sha256:[0-9a-f]{64})", base) for base in bases), bases
    users = re.findall(r"^USER (\S+)", text, re.MULTILINE)
    assert users[-1] not in {"root", "0"}


def test_the_packed_environment_is_held_to_hashes() -> None:
    program = read("deploy/emr/pack_environment.py")
    assert '"locks" / "cluster.lock"' in program
    assert re.findall(r"run\(\[.*?\]", program) == ["run([*install, *held]"]
    assert '["--only-binary", ":all:", "--require-hashes", "--requirement", str(asked)]' in program


def test_the_table_is_of_versions_that_can_be_compared() -> None:
    """A floor below a hole's end is found: the tests above would pass on a misread table."""
    assert all(Version(hole.since) < Version(hole.fixed) for hole in HOLES)
    arrow, spark = Hole("pyarrow", "0.14.0", "14.0.1", "x"), Hole("pyspark", "4.0.0", "4.0.1", "x")
    assert admits(Requirement("pyarrow>=11"), arrow)
    assert not admits(Requirement("pyarrow>=14.0.1"), arrow)
    assert admits(Requirement("pyspark>=3.5.7,<4.3"), spark)
    assert not admits(Requirement("pyspark>=3.5.7,!=4.0.0,<4.3"), spark)


def test_jobs_on_clusters_of_others_name_no_package_without_a_version() -> None:
    for path in (ROOT / "deploy").rglob("*.y*ml"):
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            assert ":latest" not in str(document), path
