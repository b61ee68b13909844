"""Two runs of one account at once: each draw counts for the other from before it is made."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from ctdc_spark.differential_privacy.account import DrawnAccount
from ctdc_spark.differential_privacy.accounting import epsilon_of
from ctdc_spark.differential_privacy.allocation import read_budget_request
from ctdc_spark.differential_privacy.budget import (
    Mechanism,
    plan_combinations,
    plan_record_lengths,
    plan_reserved,
    plan_subjects,
)
from ctdc_spark.differential_privacy.draws import Draw
from ctdc_spark.errors import DataError
from ctdc_spark.io import files
from ctdc_spark.protections.differential_privacy import measure as dp_stages
from ctdc_spark.protections.differential_privacy.spending import DpCombinations
from ctdc_spark.release.dp_tables import Cost, Run, Spent
from ctdc_spark.settings import Settings
from tests.attacks.drawing_stages import (
    DELTA,
    REQUEST,
    TIGHT,
    context_of,
    counted_before,
    drawn,
    measure_combinations,
    rho_charged,
    whole_run,
)


@pytest.fixture
def tight(settings: Settings) -> Settings:
    return settings.model_copy(update={"total_epsilon": TIGHT})


def run_another_when_charged(monkeypatch: pytest.MonkeyPatch, another: Callable[[], Any], when: str) -> list[str]:
    """Run `another` right before or after the first charge; return the error that refused it."""
    charge, said, waiting = DrawnAccount.charge, [], [another]

    def tell() -> None:
        if waiting:
            try:
                waiting.pop()()
            except DataError as error:
                said.append(str(error))

    def charge_and_tell(account: DrawnAccount, *what: Any) -> Draw:
        if when == "before":
            tell()
        charged = charge(account, *what)
        if when == "after":
            tell()
        return charged

    monkeypatch.setattr(DrawnAccount, "charge", charge_and_tell)
    return said


@pytest.mark.parametrize("when", ["before", "after"])
def test_of_two_runs_at_the_same_time_one_is_refused(
    tight: Settings, measured: list[float], monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Formerly, both checked, both charged a hundredth, and both drew the rest: twice the total, ten times for ten."""
    one, two = counted_before(tight), counted_before(tight)
    said = run_another_when_charged(monkeypatch, lambda: measure_combinations(two), when)
    try:
        measure_combinations(one)
    except DataError as error:
        said.append(str(error))
    assert len(said) == 1
    assert "total_epsilon" in said[0]
    assert epsilon_of(2 * plan_subjects(REQUEST).rho + math.fsum(measured), DELTA) <= TIGHT
    assert len(drawn(tight)) == 3  # the two counts of subjects, and what one of both measured
    assert rho_charged(tight) == pytest.approx(2 * plan_subjects(REQUEST).rho + math.fsum(measured))
    refused = next(context for context in (one, two) if "combinations" not in context.workspace.left)
    assert refused.workspace.begun == []  # an earlier count stays


def test_another_run_that_comes_while_the_records_are_measured_is_refused(
    tight: Settings, measured: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sees what is reserved, though only a hundredth of it has been drawn so far."""
    one, two = counted_before(tight), counted_before(tight)
    count = vars(dp_stages)["count_lengths"]  # as `measured` has left it

    def meanwhile(*args: Any) -> Any:
        with pytest.raises(DataError, match="total_epsilon"):
            measure_combinations(two)
        with pytest.raises(DataError, match="total_epsilon"):
            dp_stages._require_budget(two, DELTA)
        return count(*args)

    monkeypatch.setattr(dp_stages, "count_lengths", meanwhile)
    measure_combinations(one)
    assert not any(draw.reserves for draw in drawn(tight))
    assert rho_charged(tight) == pytest.approx(2 * plan_subjects(REQUEST).rho + math.fsum(measured))
    assert one.workspace.read_result(DpCombinations).spent[0].purpose == "records by length"


def test_subjects_are_not_counted_where_another_run_charged_in_between(
    settings: Settings, counted: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checked before the input is opened, which may take an hour, and again when it is charged."""
    account = DrawnAccount.of(settings)
    monkeypatch.setattr(dp_stages, "refuse_undeclared", lambda *_: account.charge(whole_run(settings, 3.0)))
    with pytest.raises(DataError, match="total_epsilon"):
        dp_stages.measure_cases(context_of(settings))
    assert counted == []
    assert [draw.name for draw in drawn(settings)] == ["a" * 32]


def test_values_are_not_named_where_another_run_charged_in_between(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = settings.model_copy(update={"private_domain": True, "domain": {"sex": ["F", "M"]}})
    context, packed = context_of(private), SimpleNamespace(columns=("sex", "region"))
    count = DrawnAccount.of(private).charge(Draw.begin("default"), plan_subjects(read_budget_request(private)))
    named: list[Mechanism] = []

    def name_none(_packed: object, _columns: object, mechanism: Mechanism, _threshold: int) -> dict[str, list[str]]:
        named.append(mechanism)
        return {}

    monkeypatch.setattr(dp_stages, "name_values", name_none)
    for _ in range(2):
        draws, _domain = dp_stages._find_domain(context, packed, (DELTA, count))  # type: ignore[arg-type]
        assert [draw.mechanisms for draw in draws] == [count.mechanisms, (named[-1],)]
    DrawnAccount.of(private).charge(whole_run(private, 3.0))
    with pytest.raises(DataError, match="total_epsilon"):
        dp_stages._find_domain(context, packed, (DELTA, count))  # type: ignore[arg-type]
    assert len(named) == 2
    assert len(drawn(private)) == 4
    assert count in drawn(private)


def test_what_is_reserved_is_never_published_and_counts_until_it_is_drawn(settings: Settings) -> None:
    """No run publishes a part of another that is still measuring: it would count as the whole."""
    account, by_length = DrawnAccount.of(settings), plan_record_lengths(REQUEST, DELTA)
    cases = account.charge(Draw.begin("default"), plan_subjects(REQUEST))
    charged = account.charge(Draw.begin("default", cases.name), by_length, plan_reserved(REQUEST, DELTA))
    spent = Spent(Run("c" * 32, "default"), Cost(0.1, 1e-6, 1.0), [by_length], drawn(settings))
    assert {row[0] for row in spent.rows()} == {"c" * 32, cases.name}
    later = account.charge(charged.without_reserved(), *plan_combinations(REQUEST, DELTA, 2, [1, 2]))
    assert later in account.unpublished("default", {"c" * 32, cases.name})
    assert later.mechanisms[0] == by_length


def test_a_draw_that_is_withdrawn_while_the_account_is_read_was_never_there(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = DrawnAccount.of(settings)
    draw = account.charge(Draw.begin("default"), plan_subjects(REQUEST))
    account.withdraw(draw)
    monkeypatch.setattr(files, "list_names", lambda _: [f"{draw.name}.json"])
    assert drawn(settings) == []
