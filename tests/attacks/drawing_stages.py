"""The stages that draw noise without Spark, and an account to charge: for tests of what is paid for."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ctdc_spark.differential_privacy.account import DrawnAccount
from ctdc_spark.differential_privacy.allocation import read_budget_request
from ctdc_spark.differential_privacy.budget import (
    BudgetRequest,
    Mechanism,
    plan_record_lengths,
    plan_subjects,
    rho_left,
)
from ctdc_spark.differential_privacy.draws import Draw
from ctdc_spark.protections.differential_privacy import measure as dp_stages
from ctdc_spark.protections.differential_privacy.spending import DpCases
from ctdc_spark.settings import Settings, build_settings
from ctdc_spark.storage.stage_results import Result, StageResult

KEYS: dict[str, Any] = {
    "protection": "dp",
    "noise_epsilon": 1.0,
    "total_epsilon": 1.5,
    "domain": {"sex": ["F", "M"], "region": ["north", "south", "east"]},
    "reporting_length": 2,
    "rehearse_noise": False,
}
TIGHT = 1.2
"""A total that two runs of KEYS exceed: they come to about 1.47."""
SUBJECTS = 3_000
DELTA = 1e-6
REQUEST = BudgetRequest(1.0, DELTA, None, 0.02, 0.01, 0.0, (0.15, 0.3))
"""The request of KEYS, with a known delta."""


class NoTable:
    """A place where nothing was published."""

    def exists(self, spark: object, table: str) -> bool:  # noqa: ARG002 - as of a place
        return False


class Workspace:
    """A workspace that keeps what stages leave and nothing else."""

    def __init__(self) -> None:
        self.left: dict[str, str] = {}
        self.begun: list[str] = []

    def begin_stage(self, stage: str) -> None:
        self.begun.append(stage)

    def finish_stage(self, result: StageResult) -> None:
        self.left[result.stage] = json.dumps(result.to_json())

    def read_result(self, kind: type[Result]) -> Result:
        return kind.from_json(json.loads(self.left[kind.stage]))

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


def settings_below(tmp_path: Path) -> Settings:
    """Settings of KEYS, whose places are below a folder."""
    where = {"output_dir": str(tmp_path / "out"), "sensitive_dir": str(tmp_path / "sensitive")}
    return build_settings({"sensitive_microdata_path": "cases.csv", **where, **KEYS})


def count_without_spark(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of draws in the account at each count of subjects: the stage without Spark."""
    seen: list[int] = []

    def count_subjects(packed: DrawnAccount, mechanism: Mechanism) -> int:
        charged = [mechanism for draw in packed._read() for mechanism in draw.mechanisms]
        assert mechanism in charged, "drawn before it was charged"
        seen.append(len(charged))
        return SUBJECTS

    monkeypatch.setattr(dp_stages, "load_opendp", lambda: None)
    monkeypatch.setattr(dp_stages, "_pack_input", lambda context: DrawnAccount.of(context.settings))
    monkeypatch.setattr(dp_stages, "refuse_undeclared", lambda *_: None)
    monkeypatch.setattr(dp_stages, "count_subjects", count_subjects)
    monkeypatch.setattr(dp_stages, "_find_domain", lambda context, packed, known: ([known[1]], {}))  # noqa: ARG005
    monkeypatch.setattr(dp_stages, "number_attributes", lambda *_: None)
    monkeypatch.setattr(dp_stages, "encode_cases", lambda *_: None)
    monkeypatch.setattr(dp_stages, "len", lambda _: 0, raising=False)
    return seen


def measure_without_spark(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The rho of all that the combinations drew: the stage without Spark."""
    rho: list[float] = []

    def count_lengths(*_: object) -> list[int]:
        rho.append(plan_record_lengths(REQUEST, DELTA).rho)
        return [0, 1]

    def measure(*found: Any) -> dict[int, Any]:
        rho.extend(mechanism.rho for mechanism in found[-1])
        return {}

    monkeypatch.setattr(dp_stages, "slots_of", lambda _: None)
    monkeypatch.setattr(dp_stages, "lengths_of", lambda *_: [1, 2])
    monkeypatch.setattr(dp_stages, "count_lengths", count_lengths)
    monkeypatch.setattr(dp_stages, "choose_max_attributes", lambda *_: 2)
    monkeypatch.setattr(dp_stages, "truncate_records", lambda *_: None)
    monkeypatch.setattr(dp_stages, "_measure", measure)
    return rho


def context_of(settings: Settings) -> Any:
    return SimpleNamespace(settings=settings, workspace=Workspace(), spark=None, place=NoTable())


def drawn(settings: Settings) -> list[Draw]:
    return DrawnAccount.of(settings).unpublished(settings.privacy_account, ())


def whole_run(settings: Settings, share: float = 1.0) -> Draw:
    """A draw that costs a share of the rho that a release may cost."""
    budget_request = replace(read_budget_request(settings), delta=1e-6)
    rho = share * (rho_left(budget_request, 1e-6) + plan_subjects(budget_request).rho)
    counted = Mechanism("discrete Gaussian", "combinations", 1, 1, 9.0, rho)
    return Draw("a" * 32, settings.privacy_account, "", (counted,))


def counted_before(settings: Settings) -> Any:
    """A run whose subjects are counted, and whose combinations come next."""
    context = context_of(settings)
    draw = DrawnAccount.of(settings).charge(Draw.begin(settings.privacy_account), plan_subjects(REQUEST))
    context.workspace.finish_stage(DpCases(SUBJECTS, 5, DELTA, draw.name, draw.mechanisms))
    return context


def measure_combinations(context: Any) -> None:
    """The stage as the pipeline runs it."""
    context.workspace.finish_stage(dp_stages.measure_combinations(context))


def rho_charged(settings: Settings) -> float:
    return math.fsum(mechanism.rho for draw in drawn(settings) for mechanism in draw.mechanisms)
