"""No draw of noise is free: a run that is refused, crashes or is killed has either drawn nothing or paid for it."""

from __future__ import annotations

import json
import math
import random
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ctdc_spark.differential_privacy.account import DrawnAccount
from ctdc_spark.differential_privacy.allocation import read_budget_request
from ctdc_spark.differential_privacy.budget import (
    choose_delta,
    plan_combinations,
    plan_reserved,
    plan_subjects,
    rho_left,
)
from ctdc_spark.differential_privacy.draws import Draw
from ctdc_spark.errors import DataError
from ctdc_spark.io import files
from ctdc_spark.protections.differential_privacy import measure as dp_stages
from ctdc_spark.release.dp_tables import Cost, Run, Spent, require_budget
from ctdc_spark.settings import Settings
from tests.attacks.drawing_stages import (
    DELTA,
    KEYS,
    REQUEST,
    SUBJECTS,
    NoTable,
    context_of,
    counted_before,
    drawn,
    measure_combinations,
    rho_charged,
    whole_run,
)
from tests.end_to_end.running import command, published, write_settings, write_table

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def test_the_count_of_subjects_is_charged_before_it_is_drawn(settings: Settings, counted: list[int]) -> None:
    dp_stages.measure_cases(context_of(settings))
    assert counted == [1]
    (draw,) = drawn(settings)
    assert draw.mechanisms == (plan_subjects(read_budget_request(settings)),)


def test_a_refusal_for_want_of_budget_comes_before_the_draw(settings: Settings, counted: list[int]) -> None:
    """Formerly, the subjects were counted with noise before the budget was checked."""
    DrawnAccount.of(settings).charge(whole_run(settings, 3.0))
    for _ in range(3):
        with pytest.raises(DataError, match="1 draws of runs that published nothing and this one come to epsilon"):
            dp_stages.measure_cases(context_of(settings))
    assert counted == []
    assert len(drawn(settings)) == 1


def test_a_declared_delta_is_known_before_the_draw(settings: Settings, counted: list[int]) -> None:
    """With it, the cost is known to the last digit, so no draw is ever refused afterwards."""
    declared = settings.model_copy(update={"noise_delta": 1e-6})
    DrawnAccount.of(declared).charge(whole_run(declared, 1.4))
    with pytest.raises(DataError, match="total_epsilon"):
        dp_stages.measure_cases(context_of(declared))
    assert counted == []


def test_what_was_drawn_before_a_refusal_is_paid(
    settings: Settings, counted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A delta derived from the count may be refused after it; the count has then been charged."""
    monkeypatch.setattr(dp_stages, "choose_delta", lambda *_: 1e-12)
    DrawnAccount.of(settings).charge(whole_run(settings, 0.9))
    for tries in (1, 2, 3):
        with pytest.raises(DataError, match="total_epsilon"):
            dp_stages.measure_cases(context_of(settings))
        assert len(counted) == tries
        assert len(drawn(settings)) == 1 + tries


def test_refused_runs_in_a_row_end_before_the_draw(
    settings: Settings, counted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each refusal costs what its count cost, until nothing is left to count with."""

    def refuse(*_: object) -> float:
        raise DataError("noise_delta: found nothing")

    dear = settings.model_copy(update={"number_of_records_epsilon_proportion": 0.2})
    monkeypatch.setattr(dp_stages, "choose_delta", refuse)
    for _ in range(200):
        with pytest.raises(DataError) as refused:
            dp_stages.measure_cases(context_of(dear))
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

    monkeypatch.setattr(dp_stages, "number_attributes", stop)
    with pytest.raises(type(what)):
        dp_stages.measure_cases(context_of(settings))
    assert counted == [1]
    assert len(drawn(settings)) == 1


def test_a_refusal_that_one_row_decides_comes_before_every_draw(
    settings: Settings, counted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the person who runs the program sees it; nothing that is drawn or published depends on it."""

    def refuse(*_: object) -> None:
        raise DataError("domain: found values that are not declared in sex")

    monkeypatch.setattr(dp_stages, "refuse_undeclared", refuse)
    with pytest.raises(DataError, match="not declared in sex"):
        dp_stages.measure_cases(context_of(settings))
    assert counted == []
    assert drawn(settings) == []


def test_without_an_account_to_write_to_nothing_is_drawn(settings: Settings, counted: list[int]) -> None:
    place = Path(DrawnAccount.of(settings).root)
    place.parent.mkdir(parents=True)
    place.write_text("a file where the account should be")
    with pytest.raises(DataError, match=r"sensitive_dir: .*_privacy_account is a file"):
        dp_stages.measure_cases(context_of(settings))
    assert counted == []


def test_an_account_that_cannot_be_read_is_no_empty_one(settings: Settings, counted: list[int]) -> None:
    files.write_text(files.join(DrawnAccount.of(settings).root, "b.json"), '{"name": "b"}')
    with pytest.raises(DataError, match="nobody knows what was spent"):
        dp_stages.measure_cases(context_of(settings))
    assert counted == []


def test_a_release_pays_for_the_draws_it_is_built_on_and_no_others(settings: Settings) -> None:
    account, count = DrawnAccount.of(settings), plan_subjects(read_budget_request(settings))
    cases = account.charge(Draw.begin("default"), count)
    first, second = (account.charge(Draw.begin("default", cases.name), count) for _ in range(2))
    account.charge(Draw.begin("another"), count)
    assert {draw.name for draw in account.unpublished("default", ())} == {cases.name, first.name, second.name}
    assert account.unpublished("default", {second.name}) == [first]  # the combinations were counted twice
    assert account.unpublished("default", {first.name, second.name}) == []


def test_draws_without_a_release_are_published_with_the_next_one(settings: Settings) -> None:
    count = plan_subjects(read_budget_request(settings))
    lost = [Draw(name * 32, "default", "", (count,)) for name in "ab"]
    spent = Spent(Run("c" * 32, "default"), Cost(0.1, 1e-6, 1.0), [count], lost)
    again = Spent.from_facts(json.loads(json.dumps(asdict(spent))))
    assert again.rows() == spent.rows()
    assert [str(row[0])[0] for row in spent.rows()] == ["c", "c", "a", "b"]
    assert [str(row[0])[0] for row in spent.rows({"a" * 32})] == ["c", "c", "b"]


def test_no_limit_asks_for_nothing(settings: Settings) -> None:
    unlimited = settings.model_copy(update={"total_epsilon": None})
    require_budget(None, NoTable(), unlimited, Cost(9.0, 1e-6, 9.0), unpublished=[whole_run(settings, 9.0)])  # type: ignore[arg-type]


@pytest.mark.parametrize("what", [RuntimeError("executor lost"), KeyboardInterrupt()], ids=["a crash", "a stop"])
def test_a_run_that_is_stopped_while_it_measures_has_paid_for_all(
    settings: Settings, measured: list[float], monkeypatch: pytest.MonkeyPatch, what: BaseException
) -> None:
    def stop(*_: object) -> None:
        raise what

    monkeypatch.setattr(dp_stages, "choose_max_attributes", stop)
    with pytest.raises(type(what)):
        measure_combinations(counted_before(settings))
    assert len(measured) == 1
    assert rho_charged(settings) == pytest.approx(rho_left(REQUEST, DELTA) + plan_subjects(REQUEST).rho)


def test_what_is_drawn_costs_no_more_than_what_was_reserved() -> None:
    for held, lengths in ((1, [1]), (2, [1, 2]), (5, [1, 2, 3]), (40, [1, 2, 3])):
        budget_request = replace(REQUEST, shares=(0.15, 0.3, 0.55))
        real = math.fsum(mechanism.rho for mechanism in plan_combinations(budget_request, DELTA, held, lengths))
        assert real <= plan_reserved(budget_request, DELTA).rho * (1 + 1e-12)


def test_a_release_pays_for_all_draws_that_its_last_one_follows(settings: Settings) -> None:
    account, count = DrawnAccount.of(settings), plan_subjects(REQUEST)
    first = account.charge(Draw.begin("default"), count)
    second = account.charge(Draw.begin("default", first.name), count)
    third = account.charge(Draw.begin("default", second.name), count)
    assert account.unpublished("default", {third.name}) == []
    assert {draw.name for draw in account.unpublished("default", {second.name})} == {third.name}


@pytest.mark.parametrize("total", [None, 1.5], ids=["no limit", "a limit"])
def test_a_count_of_subjects_that_leaves_nothing_is_refused_before_it_is_drawn(
    settings: Settings, counted: list[int], total: float | None
) -> None:
    """Formerly, it was drawn, and the run ended in `ValueError: math domain error`."""
    dear = settings.model_copy(update={"number_of_records_epsilon_proportion": 0.4, "total_epsilon": total})
    with pytest.raises(DataError, match=r"number_of_records_epsilon_proportion: found 0.4.* allowed: less than 0.\d+"):
        dp_stages.measure_cases(context_of(dear))
    assert counted == []
    assert drawn(dear) == []


@pytest.mark.parametrize("delta", [1e-3, 1e-6, 1e-12])
def test_the_limit_that_a_refusal_names_is_allowed(delta: float) -> None:
    with pytest.raises(DataError) as refused:
        rho_left(replace(REQUEST, subjects_share=0.49), delta)
    limit = float(str(refused.value).split("allowed: less than ")[1].split(". ")[0])
    assert rho_left(replace(REQUEST, subjects_share=limit - 1e-6), delta) > 0
    with pytest.raises(DataError):
        rho_left(replace(REQUEST, subjects_share=1.1 * limit), delta)


@pytest.mark.parametrize("epsilon", [0.1, 0.5, 1.0, 2.0, 8.0])
def test_the_advice_to_raise_the_share_does_not_lead_to_a_refusal(epsilon: float) -> None:
    budget_request = replace(REQUEST, epsilon=epsilon, delta=None)
    with pytest.raises(DataError, match="Raise number_of_records_epsilon_proportion, staying well below") as refused:
        choose_delta(budget_request, 3)
    limit = float(str(refused.value).split("staying well below ")[1].split(" ")[0])
    raised = replace(budget_request, subjects_share=0.8 * limit)
    for subjects in (2_000, 1_000_000):
        assert rho_left(raised, choose_delta(raised, round(subjects / epsilon))) > 0
    with pytest.raises(DataError, match="Raise noise_epsilon, so that"):
        choose_delta(raised, 3)


def test_a_run_that_was_stopped_can_be_finished_and_not_begun_again(
    spark: SparkSession, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """End to end: abandoned draws count and are named in the published account, and its rest allows no draw."""
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
