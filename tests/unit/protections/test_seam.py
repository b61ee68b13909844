"""The seam between protections: one place chooses, and nothing else depends on which protection or input there is."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import ctdc_spark
from ctdc_spark.differential_privacy.budget import Mechanism
from ctdc_spark.errors import SettingsError
from ctdc_spark.forecast.request import ForecastRequest
from ctdc_spark.pipeline.forecast import foresee_release
from ctdc_spark.pipeline.run import STAGES, Stage
from ctdc_spark.pipeline.verify import require_verifies_files
from ctdc_spark.protections.case_records import GroupSizeOfRecords
from ctdc_spark.protections.differential_privacy.protection import DifferentialPrivacy
from ctdc_spark.protections.differential_privacy.spending import DpCases, DpCombinations, DpEvaluation, DpRecords
from ctdc_spark.protections.group_size import ComparedRecords, CountedCombinations, EncodedCases, ProvenRecords
from ctdc_spark.protections.protection import Forecasts, ReadsCaseRecords, VerifiesFiles, choose_protection
from ctdc_spark.protections.reported_counts import GroupSizeOfCounts
from ctdc_spark.settings import Settings, build_settings
from ctdc_spark.storage.stage_results import StageResult
from ctdc_spark.storage.workspace import ORDER

PACKAGE = Path(ctdc_spark.__file__).parent

RECORDS = {"sensitive_microdata_path": "cases.csv", "output_dir": "out"}
COUNTS = {"reported_aggregates_path": "counts.tsv", "output_dir": "out", "reporting_length": 2, "guarantee": 2}
NOISY = {**RECORDS, "protection": "dp", "noise_epsilon": 1.0, "domain": {"sex": ["F", "M"]}, "use_columns": ["sex"]}

WITHOUT_AN_IF = (
    "pipeline",
    "cli",
    "forecast",
    "verification",
    "assessment",
    "evaluation",
    "explorer",
    "storage",
    "synthesis",
)
"""Rooms that leave the question to `choose_protection`."""

ABILITIES = (Forecasts, VerifiesFiles, ReadsCaseRecords)

CHOOSING_KEYS = ("protection", "reported_aggregates_path")


def settings(keys: dict[str, Any]) -> Settings:
    return build_settings(keys)


@pytest.mark.parametrize(
    ("keys", "kind", "abilities"),
    [
        (RECORDS, GroupSizeOfRecords, (Forecasts, VerifiesFiles, ReadsCaseRecords)),
        (COUNTS, GroupSizeOfCounts, (VerifiesFiles,)),
        (NOISY, DifferentialPrivacy, (Forecasts, ReadsCaseRecords)),
    ],
)
def test_the_settings_choose_and_only_what_can_be_done_is_offered(
    keys: dict[str, Any], kind: type, abilities: tuple[type, ...]
) -> None:
    asked = settings(keys)
    protection = choose_protection(asked)
    assert type(protection) is kind
    assert protection.name == asked.protection
    assert tuple(one for one in ABILITIES if isinstance(protection, one)) == abilities
    assert list(protection.describe(asked)) == [stage.name for stage in STAGES if isinstance(stage, Stage)]


def choosing_lines(path: Path) -> Iterator[int]:
    """Lines that read a key by which a protection is chosen, or compare something with the name of one."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in CHOOSING_KEYS
            and ast.unparse(node.value).endswith("settings")
        ):
            yield node.lineno
        if isinstance(node, ast.Constant) and node.value in ("dp", "dp: "):
            yield node.lineno


@pytest.mark.parametrize("room", WITHOUT_AN_IF)
def test_nothing_else_asks_which_protection_there_is(room: str) -> None:
    modules = sorted((PACKAGE / room).rglob("*.py"))
    assert len(modules) > 1
    found = {f"{path.relative_to(PACKAGE)}:{line}" for path in modules for line in choosing_lines(path)}
    assert found <= set()


def test_the_one_place_that_asks_is_found() -> None:
    assert list(choosing_lines(PACKAGE / "protections" / "protection.py"))


MECHANISM = Mechanism("discrete Gaussian", "combinations", 2, 3, 9.5, 0.25, 1e-7)
RESULTS: tuple[StageResult, ...] = (
    EncodedCases(1_230, 17),
    CountedCombinations(4_000, 3),
    ProvenRecords(1_500, 700, "0f"),
    ProvenRecords(1_500, 700),
    ComparedRecords([1.0, 0.9], [0.02, 0.4]),
    DpCases(1_204, 17, 1e-6, "a" * 32, (MECHANISM, MECHANISM)),
    DpCombinations("b" * 32, 9, 3, (MECHANISM,), {1: (0, 1, 2), 2: (0, 2)}),
    DpRecords(1_211),
    DpEvaluation(320),
)


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: type(result).__name__)
def test_what_a_stage_leaves_is_read_back_as_it_was(result: StageResult) -> None:
    assert type(result).from_json(json.loads(json.dumps(result.to_json()))) == result
    assert result.stage in ORDER
    json.dumps(dict(result.figures))


def test_every_stage_leaves_a_result_of_each_kind() -> None:
    for prefix in (True, False):
        found = [type(result).stage for result in RESULTS if type(result).__name__.startswith("Dp") is prefix]
        assert tuple(dict.fromkeys(found)) == ORDER


def never() -> Any:
    raise AssertionError("a session was opened")


@pytest.mark.parametrize(
    ("keys", "asked", "said"),
    [
        (
            COUNTS,
            ForecastRequest(),
            "reported_aggregates_path: found reported counts .*allowed with `plan`: case records",
        ),
        (RECORDS, ForecastRequest(subjects=5), "^subjects: found with protection: k"),
        (NOISY, ForecastRequest(), "^subjects: missing"),
        (NOISY, ForecastRequest(times=2, subjects=5), "^times: found with protection: dp"),
        (NOISY, ForecastRequest(cores=2, subjects=5), "^cores: found with protection: dp"),
        (NOISY, ForecastRequest(subjects=5, against={}), "^against: found with protection: dp"),
    ],
)
def test_what_cannot_be_foreseen_is_refused_before_a_session_is_opened(
    keys: dict[str, Any], asked: ForecastRequest, said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        foresee_release(never, settings(keys), asked)


def test_noise_is_foreseen_without_a_session() -> None:
    assert foresee_release(never, settings(NOISY), ForecastRequest(subjects=5_000)).to_dict()["subjects"] == 5_000


def test_files_are_not_verified_against_noise() -> None:
    with pytest.raises(SettingsError, match="protection: found dp; files are verified against a smallest group"):
        require_verifies_files(settings(NOISY))
    assert require_verifies_files(settings(COUNTS))
