"""Our account of the budget against an accountant that we did not write."""

from __future__ import annotations

import math
from dataclasses import replace

import dp_accounting
import numpy as np
import pytest
from dp_accounting import PrivacyAccountant
from dp_accounting.pld.pld_privacy_accountant import PLDAccountant
from dp_accounting.rdp.rdp_privacy_accountant import RdpAccountant

from ctdc_spark.differential_privacy.accounting import (
    delta_of,
    epsilon_of,
    margin_of_laplace,
    rho_of,
    rho_of_gaussian,
    threshold_for,
)
from ctdc_spark.differential_privacy.budget import (
    BudgetRequest,
    Mechanism,
    choose_delta,
    plan_combinations,
    plan_domain,
    plan_record_lengths,
    plan_subjects,
    rho_left,
    total_cost,
)

REQUEST = BudgetRequest(
    epsilon=1.0,
    delta=None,
    delta_factor=None,
    subjects_share=0.02,
    lengths_share=0.01,
    domain_share=0.0,
    shares=(0.15, 0.3, 0.55),
)


def independent_epsilon(accountant: PrivacyAccountant, mechanisms: list[Mechanism], delta: float) -> float:
    for mechanism in mechanisms:
        if "Laplace" in mechanism.mechanism:
            accountant.compose(dp_accounting.LaplaceDpEvent(mechanism.scale))
        else:
            accountant.compose(
                dp_accounting.GaussianDpEvent(mechanism.scale / math.sqrt(mechanism.squared_sensitivity))
            )
    return float(accountant.get_epsilon(delta))


def spend(budget_request: BudgetRequest, subjects: int) -> tuple[list[Mechanism], float]:
    delta = choose_delta(budget_request, subjects)
    spent = [
        plan_subjects(budget_request),
        plan_record_lengths(budget_request, delta),
        *plan_combinations(budget_request, delta, 13, (1, 2, 3)),
    ]
    return spent, delta


@pytest.mark.parametrize("epsilon", [0.1, 0.5, 1.0, 4.0])
def test_the_whole_release_costs_what_an_independent_accountant_says(epsilon: float) -> None:
    budget_request = BudgetRequest(epsilon, *list(REQUEST.__dict__.values())[1:])
    spent, delta = spend(budget_request, 48_842)
    _, ours = total_cost(spent, delta)
    assert ours <= epsilon * (1 + 1e-9)
    orders = 1 + np.logspace(-2, 4, 3_000)
    by_renyi = independent_epsilon(RdpAccountant(orders), spent, delta)
    by_loss = independent_epsilon(PLDAccountant(value_discretization_interval=1e-3), spent, delta)
    # zCDP is a little looser than following the losses themselves, and never tighter
    assert by_loss <= ours * (1 + 1e-3)
    assert by_renyi == pytest.approx(ours, rel=0.01)


def test_a_mechanism_that_is_left_out_is_noticed() -> None:
    spent, delta = spend(REQUEST, 48_842)
    _, ours = total_cost(spent[:-1], delta)
    theirs = independent_epsilon(RdpAccountant(1 + np.logspace(-2, 4, 3_000)), spent, delta)
    assert theirs > 1.2 * ours


def test_rho_epsilon_and_delta_are_inverses_on_the_safe_side() -> None:
    for epsilon in (0.01, 0.3, 1, 8):
        for delta in (1e-4, 1e-9):
            rho = rho_of(epsilon, delta)
            assert delta_of(rho, epsilon) <= delta
            assert epsilon_of(rho, delta) == pytest.approx(epsilon, rel=1e-6)
            assert delta_of(rho * 1.01, epsilon) > delta


def test_the_formula_is_that_of_the_paper() -> None:
    rho, epsilon = 0.02, 1.0
    orders = 1 + np.logspace(-6, 6, 200_001)
    log_delta = (orders - 1) * (orders * rho - epsilon) - np.log(orders - 1) + orders * np.log1p(-1 / orders)
    assert delta_of(rho, epsilon) == pytest.approx(math.exp(log_delta.min()), rel=1e-6)


def test_a_private_domain_takes_its_part_of_delta_and_of_rho() -> None:
    budget_request = BudgetRequest(1.0, 1e-6, None, 0.02, 0.01, 0.2, (0.2, 0.3, 0.5))
    named, threshold = plan_domain(budget_request, 1e-6, columns=13)
    assert named.delta == 0.5e-6
    assert named.rho == pytest.approx(0.2 * rho_left(budget_request, 1e-6))
    # the chance that a value of one subject alone is named, for the 13 values that the subject may have
    tail = sum(math.exp(-(t**2) / (2 * named.scale**2)) for t in range(threshold - 1, threshold + 2_000))
    whole = sum(math.exp(-(t**2) / (2 * named.scale**2)) for t in range(-2_000, 2_001))
    assert 13 * tail / whole <= named.delta
    spent = [plan_subjects(budget_request), named, plan_record_lengths(budget_request, 1e-6)]
    spent += plan_combinations(budget_request, 1e-6, 13, (1, 2, 3))
    assert total_cost(spent, 1e-6)[1] == pytest.approx(1.0, rel=1e-6)


def test_shares_of_lengths_that_cannot_occur_go_to_the_others() -> None:
    planned = plan_combinations(REQUEST, 1e-6, 2, (1, 2, 3))
    assert [mechanism.length for mechanism in planned] == [1, 2]
    assert planned[0].rho / planned[1].rho == pytest.approx(0.5)
    assert planned[1].rho == rho_of_gaussian(planned[1].scale, 1)


def test_delta_is_one_in_n_ln_n_of_the_most_subjects_there_may_be_unless_given() -> None:
    most = 48_842 + margin_of_laplace(50.0, 1e-6)
    assert choose_delta(REQUEST, 48_842) == pytest.approx(1 / (most * math.log(most)))
    assert choose_delta(replace(REQUEST, delta_factor=100), 48_842) == pytest.approx(1 / (100 * most))
    assert choose_delta(replace(REQUEST, delta=1e-7), 48_842) == 1e-7
    assert threshold_for(50.0, 1e-6, 13) > threshold_for(50.0, 1e-6, 1) > 200
