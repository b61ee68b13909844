"""No draw of noise is free: a run that is refused, crashes or is killed has either drawn nothing or paid for it."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from ctdc_spark.differential_privacy.account import DrawnAccount
from ctdc_spark.differential_privacy.accounting import epsilon_of
from ctdc_spark.differential_privacy.allocation import read_budget_request
from ctdc_spark.differential_privacy.budget import (
    BudgetRequest,
    Mechanism,
    choose_delta,
    plan_combinations,
    plan_record_lengths,
    plan_reserved,
    plan_subjects,
    rho_left,
)
from ctdc_spark.differential_privacy.draws import Draw
from ctdc_spark.errors import DataError
from ctdc_spark.io import files
from ctdc_spark.protections.differential_privacy import measure as dp_stages
from ctdc_spark.protections.differential_privacy.spending import DpCases, DpCombinations
from ctdc_spark.release.dp_tables import Cost, Run, Spent, require_budget
from ctdc_spark.settings import Settings, build_settings
from ctdc_spark.storage.stage_results import Result, StageResult
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


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    where = {"output_dir": str(tmp_path / "out"), "sensitive_dir": str(tmp_path / "sensitive")}
    return build_settings({"sensitive_microdata_path": "cases.csv", **where, **KEYS})


@pytest.fixture
def tight(settings: Settings) -> Settings:
    return settings.model_copy(update={"total_epsilon": TIGHT})


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
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


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[float]:
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


def test_a_release_pays_for_all_draws_that_its_last_one_follows(settings: Settings) -> None:
    account, count = DrawnAccount.of(settings), plan_subjects(REQUEST)
    first = account.charge(Draw.begin("default"), count)
    second = account.charge(Draw.begin("default", first.name), count)
    third = account.charge(Draw.begin("default", second.name), count)
    assert account.unpublished("default", {third.name}) == []
    assert {draw.name for draw in account.unpublished("default", {second.name})} == {third.name}


def test_a_draw_that_is_withdrawn_while_the_account_is_read_was_never_there(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = DrawnAccount.of(settings)
    draw = account.charge(Draw.begin("default"), plan_subjects(REQUEST))
    account.withdraw(draw)
    monkeypatch.setattr(files, "list_names", lambda _: [f"{draw.name}.json"])
    assert drawn(settings) == []


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
