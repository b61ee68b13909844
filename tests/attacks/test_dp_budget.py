"""No draw of noise is free: a run that is refused, crashes or is killed has drawn nothing, or has paid for it."""

from __future__ import annotations

import json
import random
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from ctdc_spark import files, noisy_stages
from ctdc_spark.errors import DataError
from ctdc_spark.privacy.account import DrawnAccount
from ctdc_spark.privacy.budget import Mechanism, plan_subjects
from ctdc_spark.privacy.draws import Draw
from ctdc_spark.privacy.wishes import read_wishes
from ctdc_spark.release.noisy import Cost, Run, Spent, require_budget
from ctdc_spark.settings import Settings, build_settings
from tests.end_to_end.running import command, published, write_settings, write_table

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

KEYS: dict[str, Any] = {
    "protection": "dp",
    "noise_epsilon": 1.0,
    "total_epsilon": 1.5,
    "domain": {"sex": ["F", "M"], "region": ["north", "south", "east"]},
    "reporting_length": 2,
    "rehearse_noise": False,
}
SUBJECTS = 3_000


class NoTable:
    """A place where nothing was published."""

    def exists(self, spark: object, table: str) -> bool:  # noqa: ARG002 - as of a place
        return False


class Workspace:
    """A workspace that keeps the marks of stages and nothing else."""

    def __init__(self) -> None:
        self.marks: dict[str, dict[str, Any]] = {}

    def finish_stage(self, stage: str, facts: dict[str, Any]) -> None:
        self.marks[stage] = facts

    def facts(self, stage: str) -> dict[str, Any]:
        return self.marks[stage]

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    where = {"output_dir": str(tmp_path / "out"), "sensitive_dir": str(tmp_path / "sensitive")}
    return build_settings({"sensitive_microdata_path": "cases.csv", **where, **KEYS})


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many draws each count of subjects found in the account: the stage without Spark."""
    seen: list[int] = []

    def count_subjects(packed: DrawnAccount, mechanism: Mechanism) -> int:
        charged = [mechanism for draw in packed._read() for mechanism in draw.mechanisms]
        assert mechanism in charged, "drawn before it was charged"
        seen.append(len(charged))
        return SUBJECTS

    monkeypatch.setattr(noisy_stages, "load_opendp", lambda: None)
    monkeypatch.setattr(noisy_stages, "_pack_input", lambda context: DrawnAccount.of(context.settings))
    monkeypatch.setattr(noisy_stages, "refuse_undeclared", lambda *_: None)
    monkeypatch.setattr(noisy_stages, "count_subjects", count_subjects)
    monkeypatch.setattr(noisy_stages, "_find_domain", lambda context, packed, known: (known[1], {}))  # noqa: ARG005
    monkeypatch.setattr(noisy_stages, "number_attributes", lambda *_: SimpleNamespace(subjects=1, __len__=lambda: 0))
    monkeypatch.setattr(noisy_stages, "encode_cases", lambda *_: None)
    monkeypatch.setattr(noisy_stages, "len", lambda _: 0, raising=False)
    return seen


def context_of(settings: Settings) -> Any:
    return SimpleNamespace(settings=settings, workspace=Workspace(), spark=None, place=NoTable())


def drawn(settings: Settings) -> list[Draw]:
    return DrawnAccount.of(settings).unpublished(settings.privacy_account, ())


def whole_run(settings: Settings, share: float = 1.0) -> Draw:
    """A draw that cost a share of rho of what a release may cost."""
    wishes = replace(read_wishes(settings), delta=1e-6)
    rho = share * (noisy_stages.rho_left(wishes, 1e-6) + plan_subjects(wishes).rho)
    counted = Mechanism("discrete Gaussian", "combinations", 1, 1, 9.0, rho)
    return Draw("a" * 32, settings.privacy_account, "", (counted,))


def test_the_count_of_subjects_is_charged_before_it_is_drawn(settings: Settings, counted: list[int]) -> None:
    noisy_stages.run_cases(context_of(settings))
    assert counted == [1]
    (draw,) = drawn(settings)
    assert draw.mechanisms == (plan_subjects(read_wishes(settings)),)


def test_a_refusal_for_want_of_budget_comes_before_the_draw(settings: Settings, counted: list[int]) -> None:
    """Before, the subjects were counted with noise, and only then was the budget asked for."""
    DrawnAccount.of(settings).charge(whole_run(settings, 3.0))
    for _ in range(3):
        with pytest.raises(DataError, match="1 draws of runs that published nothing and this one come to epsilon"):
            noisy_stages.run_cases(context_of(settings))
    assert counted == []
    assert len(drawn(settings)) == 1


def test_a_declared_delta_is_known_before_the_draw(settings: Settings, counted: list[int]) -> None:
    """With it the cost is known to the last digit, so that no draw is ever refused afterwards."""
    declared = settings.model_copy(update={"noise_delta": 1e-6})
    DrawnAccount.of(declared).charge(whole_run(declared, 1.4))
    with pytest.raises(DataError, match="total_epsilon"):
        noisy_stages.run_cases(context_of(declared))
    assert counted == []


def test_what_was_drawn_before_a_refusal_is_paid(
    settings: Settings, counted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A delta that is taken from the count may be refused after it; then the count has been charged."""
    monkeypatch.setattr(noisy_stages, "choose_delta", lambda *_: 1e-12)
    DrawnAccount.of(settings).charge(whole_run(settings, 0.9))
    for tries in (1, 2, 3):
        with pytest.raises(DataError, match="total_epsilon"):
            noisy_stages.run_cases(context_of(settings))
        assert len(counted) == tries
        assert len(drawn(settings)) == 1 + tries


def test_refused_runs_in_a_row_end_before_the_draw(
    settings: Settings, counted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each refusal costs what its count cost, until nothing is left to count with."""

    def refuse(*_: object) -> float:
        raise DataError("noise_delta: found nothing")

    dear = settings.model_copy(update={"number_of_records_epsilon_proportion": 0.5})
    monkeypatch.setattr(noisy_stages, "choose_delta", refuse)
    for _ in range(200):
        with pytest.raises(DataError) as refused:
            noisy_stages.run_cases(context_of(dear))
        if "total_epsilon" in str(refused.value):
            break
    assert 0 < len(counted) < 20
    assert len(drawn(dear)) == len(counted)


@pytest.mark.parametrize("what", [RuntimeError("executor lost"), KeyboardInterrupt()], ids=["a crash", "a stop"])
def test_a_run_that_is_stopped_has_paid(
    settings: Settings, counted: list[int], monkeypatch: pytest.MonkeyPatch, what: BaseException
) -> None:
    def stop(*_: object) -> None:
        raise what

    monkeypatch.setattr(noisy_stages, "number_attributes", stop)
    with pytest.raises(type(what)):
        noisy_stages.run_cases(context_of(settings))
    assert counted == [1]
    assert len(drawn(settings)) == 1


def test_a_refusal_that_one_row_decides_comes_before_every_draw(
    settings: Settings, counted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever runs the program sees it; nothing that is drawn or published depends on it."""

    def refuse(*_: object) -> None:
        raise DataError("domain: found values that are not declared in sex")

    monkeypatch.setattr(noisy_stages, "refuse_undeclared", refuse)
    with pytest.raises(DataError, match="not declared in sex"):
        noisy_stages.run_cases(context_of(settings))
    assert counted == []
    assert drawn(settings) == []


def test_without_an_account_to_write_to_nothing_is_drawn(settings: Settings, counted: list[int]) -> None:
    place = Path(DrawnAccount.of(settings).root)
    place.parent.mkdir(parents=True)
    place.write_text("a file where the account should be")
    with pytest.raises(DataError, match=r"sensitive_dir: .*_privacy_account is a file"):
        noisy_stages.run_cases(context_of(settings))
    assert counted == []


def test_an_account_that_cannot_be_read_is_no_empty_one(settings: Settings, counted: list[int]) -> None:
    files.write_text(files.join(DrawnAccount.of(settings).root, "b.json"), '{"name": "b"}')
    with pytest.raises(DataError, match="nobody knows what was spent"):
        noisy_stages.run_cases(context_of(settings))
    assert counted == []


def test_a_release_pays_for_the_draws_it_is_built_on_and_no_others(settings: Settings) -> None:
    account, count = DrawnAccount.of(settings), plan_subjects(read_wishes(settings))
    cases = account.charge(Draw.begin("default"), count)
    first, second = (account.charge(Draw.begin("default", cases.name), count) for _ in range(2))
    account.charge(Draw.begin("another"), count)
    assert {draw.name for draw in account.unpublished("default", ())} == {cases.name, first.name, second.name}
    assert account.unpublished("default", {second.name}) == [first]  # the combinations were counted twice
    assert account.unpublished("default", {first.name, second.name}) == []


def test_draws_without_a_release_are_published_with_the_next_one(settings: Settings) -> None:
    count = plan_subjects(read_wishes(settings))
    lost = [Draw(name * 32, "default", "", (count,)) for name in "ab"]
    spent = Spent(Run("c" * 32, "default"), Cost(0.1, 1e-6, 1.0), [count], lost)
    again = Spent.from_facts(json.loads(json.dumps(asdict(spent))))
    assert again.rows() == spent.rows()
    assert [row[0][0] for row in spent.rows()] == ["c", "c", "a", "b"]
    assert [row[0][0] for row in spent.rows({"a" * 32})] == ["c", "c", "b"]


def test_no_limit_asks_for_nothing(settings: Settings) -> None:
    unlimited = settings.model_copy(update={"total_epsilon": None})
    require_budget(None, NoTable(), unlimited, Cost(9.0, 1e-6, 9.0), unpublished=[whole_run(settings, 9.0)])  # type: ignore[arg-type]


def test_a_run_that_was_stopped_can_be_finished_and_not_begun_again(
    spark: SparkSession, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """End to end: draws that were abandoned count, are named in the published account, and its rest draws nothing."""
    draw = random.Random(5)
    rows = [{"sex": draw.choice("FM"), "region": draw.choice(["north", "south", "east"])} for _ in range(SUBJECTS)]
    data = write_table(tmp_path / "cases.tsv", rows)  # type: ignore[arg-type]
    settings = write_settings(tmp_path, data, **{**KEYS, "total_epsilon": 1.2})
    account = tmp_path / "sensitive" / "_privacy_account"
    for stage in ("cases", "cases", "combinations"):
        assert command(stage, settings) == 0
    assert len(list(account.iterdir())) == 3
    capfd.readouterr()
    for _ in range(2):
        assert command("run", settings) == 2
        said = capfd.readouterr().err
        assert "0 earlier runs of the account 'default' with 3 draws of runs that published nothing" in said
    assert command("combinations", settings) == 2  # what was counted cannot be counted again
    assert len(list(account.iterdir())) == 3
    assert not (tmp_path / "release").exists()
    for stage in ("synthesis", "evaluation", "proof", "release"):
        assert command(stage, settings) == 0
    rows_of_budget = published(spark, tmp_path, "privacy_budget").collect()
    (total,) = [row for row in rows_of_budget if row["mechanism"] == "total"]
    lost = [row for row in rows_of_budget if row["run"] != total["run"]]
    assert [row["purpose"] for row in lost] == ["number of subjects"]
    assert command("verify", settings) == 0
