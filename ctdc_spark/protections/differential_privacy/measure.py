"""The stages that measure, and so draw noise: every number that leaves the executors already has its noise.

Every use of the records is recorded as a mechanism and charged to the account before its noise is drawn. What follows
the measuring reads noisy counts alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ctdc_spark.cases.encode import encode_cases
from ctdc_spark.differential_privacy.account import DrawnAccount
from ctdc_spark.differential_privacy.allocation import read_budget_request
from ctdc_spark.differential_privacy.budget import (
    Mechanism,
    choose_delta,
    kept_delta,
    most_delta,
    plan_combinations,
    plan_domain,
    plan_record_lengths,
    plan_reserved,
    plan_subjects,
    rho_left,
)
from ctdc_spark.differential_privacy.cells import lengths_of
from ctdc_spark.differential_privacy.domain import (
    count_subjects,
    declared_domain,
    name_values,
    number_attributes,
    read_declared,
    refuse_undeclared,
    require_declared,
    slots_of,
)
from ctdc_spark.differential_privacy.draws import Draw
from ctdc_spark.differential_privacy.measuring import (
    NOISY_CELLS,
    choose_max_attributes,
    count_lengths,
    measure_subsets,
    truncate_records,
)
from ctdc_spark.differential_privacy.noise import load_opendp
from ctdc_spark.differential_privacy.selection import MeasuredSubset, are_whole, choose_subsets, whole_subsets
from ctdc_spark.protections.differential_privacy.spending import DpCases, DpCombinations, unpublished_draws
from ctdc_spark.records.blocks import ENCODED_RECORDS
from ctdc_spark.release.dp_tables import Cost, require_budget

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.cases.pack import PackedCases
    from ctdc_spark.differential_privacy.cells import Slots
    from ctdc_spark.differential_privacy.domain import Domain
    from ctdc_spark.protections.context import StageContext


def measure_cases(context: StageContext) -> DpCases:
    """Read and encode the records by a domain that is declared or named by noise; count the subjects with noise.

    Whatever can be refused before a draw is refused then. Every draw is charged to the account first, and the account
    is checked between the charge and the draw.
    """
    settings, workspace = context.settings, context.workspace
    load_opendp()
    request, draw = read_budget_request(settings), Draw.begin(settings.privacy_account)
    most = most_delta(request)
    _require_budget(context, most)
    packed = _pack_input(context)
    refuse_undeclared(packed, declared_domain(settings))
    counting = plan_subjects(request)
    draw = _charge(context, most, draw, counting)
    subjects = count_subjects(packed, counting)
    delta = choose_delta(request, subjects)
    _require_budget(context, delta, draw)
    draws, domain = _find_domain(context, packed, (delta, draw))
    dictionary = number_attributes(packed, domain)
    workspace.write("encoded_records", encode_cases(packed, dictionary, max(1, subjects)))
    workspace.discard("packed_cases")
    workspace.write_dictionary(dictionary)
    spent = tuple(mechanism for draw in draws for mechanism in draw.mechanisms)
    return DpCases(max(1, subjects), len(dictionary), delta, draws[-1].name, spent)


def _charge(context: StageContext, delta: float, draw: Draw, *mechanisms: Mechanism) -> Draw:
    """Charge what a new draw will cost, then check the account; if it refuses, the charge is withdrawn.

    In this order, at least one of two simultaneous runs sees the other's charge, whichever is first.

    Raises:
        DataError: the account does not allow it, or cannot be written.
    """
    account = DrawnAccount.of(context.settings)
    charged = account.charge(draw, *mechanisms)
    try:
        _require_budget(context, delta, charged)
    except BaseException:
        account.withdraw(charged)
        raise
    return charged


def _require_budget(context: StageContext, delta: float, *own: Draw) -> None:
    """Refuse a whole run at this delta if the account does not allow it on top of what others have drawn.

    Raises:
        DataError: it is not allowed, or nothing would be left for the counts of combinations.
    """
    request, names = read_budget_request(context.settings), {name for draw in own for name in (draw.name, draw.follows)}
    coming = Cost(rho_left(request, delta) + plan_subjects(request).rho, kept_delta(request, delta), request.epsilon)
    if context.settings.total_epsilon is None:
        return
    beside = unpublished_draws(context, names)
    require_budget(context.spark, context.place, context.settings, coming, unpublished=beside)


def _pack_input(context: StageContext) -> PackedCases:
    settings, workspace = context.settings, context.workspace
    given = read_declared(context.spark, settings)
    require_declared(given.cases, settings)
    workspace.begin_stage("cases")
    return given.pack("packed_cases", workspace.materialize)


def _find_domain(context: StageContext, packed: PackedCases, known: tuple[float, Draw]) -> tuple[list[Draw], Domain]:
    """The draws so far, with that for naming; the declared domain, with values named by noise for the other columns."""
    declared, (delta, draw) = declared_domain(context.settings), known
    open_columns = [i for i, name in enumerate(packed.columns) if name not in declared]
    if not open_columns:
        return [draw], declared
    mechanism, threshold = plan_domain(read_budget_request(context.settings), delta, len(open_columns))
    # a draw of its own: another run may have published the previous one, which then counts as it was
    naming = _charge(context, delta, Draw.begin(draw.account, draw.name), mechanism)
    return [draw, naming], {**declared, **name_values(packed, open_columns, mechanism, threshold)}


def measure_combinations(context: StageContext) -> DpCombinations:
    """Count all short combinations with noise; if the account does not allow it, an earlier count is kept."""
    settings, workspace = context.settings, context.workspace
    before, account = workspace.read_result(DpCases), DrawnAccount.of(settings)
    delta, request = before.delta, read_budget_request(settings)
    by_length, reserved = plan_record_lengths(request, delta), plan_reserved(request, delta)
    draw = _charge(context, delta, Draw.begin(settings.privacy_account, before.draw), by_length, reserved)
    workspace.begin_stage("combinations")
    slots = slots_of(workspace.read_dictionary())
    records = workspace.read("encoded_records", ENCODED_RECORDS)
    max_attributes = choose_max_attributes(
        count_lengths(records, slots, by_length.scale), settings.percentile_percentage
    )
    mechanisms = plan_combinations(request, delta, max_attributes, lengths_of(slots, settings.reporting_length))
    draw = account.charge(draw.without_reserved(), *mechanisms)
    subsets = _measure(context, truncate_records(records, max_attributes), slots, mechanisms)
    return DpCombinations(
        run=draw.name,
        max_attributes=max_attributes,
        max_length=settings.reporting_length,
        spent=draw.mechanisms,
        subsets={length: tuple(subset.attributes) for length, subset in subsets.items()},
    )


def _measure(
    context: StageContext, records: DataFrame, slots: Slots, mechanisms: list[Mechanism]
) -> dict[int, MeasuredSubset]:
    """Write NOISY_CELLS and return what was measured; if not all can be, the single counts decide what is."""
    workspace, lengths = context.workspace, [int(mechanism.length or 0) for mechanism in mechanisms]
    subsets = whole_subsets(slots, lengths)
    if are_whole(slots, lengths):
        workspace.write("noisy_cells", measure_subsets(records, slots, subsets, mechanisms))
        return subsets
    single = workspace.materialize(
        "noisy_singles", measure_subsets(records, slots, subsets, mechanisms[:1]), NOISY_CELLS
    )
    subsets = choose_subsets(slots, np.frombuffer(bytes(single.collect()[0]["counts"]), np.int64), lengths)
    workspace.write("noisy_cells", single.unionByName(measure_subsets(records, slots, subsets, mechanisms[1:])))
    return subsets
