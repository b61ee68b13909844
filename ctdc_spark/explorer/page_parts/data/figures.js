// What a view shows under a selection: the quantity of every attribute, of every pair, and the base of percentages. The
// synthetic records are counted only if something in the view has more attributes than were counted.

import { countPairs, countRecords } from "./counting.js";
import { combine, sortIds } from "./lookup.js";
import { chartOf, columnOf, isFacet, payload, reach } from "./payload.js";
import { liftOf, quantityOf, readCount, shareOf } from "./quantity.js";

/** @typedef {import("./quantity.js").Quantity} Quantity */
/** Of an attribute: how many, and which share of the base of its chart. @typedef {{id: number, count: Quantity,
 *   share: Quantity}} Bar */
/** `whole`: of the selection itself; `base`: what percentages of a chart are of; `informed`: whether these are the
 * subjects with information in the chart's columns; `bar`: of an attribute.
 * @typedef {{whole: Quantity, base: (position: number) => Quantity, informed: (position: number) => boolean,
 *   bar: (id: number) => Bar}} Figures */

/**
 * The figures of all attributes under a selection.
 *
 * Percentages are of the subjects selected; if nothing is selected, of those with information in the chart's columns, as
 * far as the release counts them.
 *
 * @param {import("../types.js").Model} model @param {number[]} selected
 * @param {{facets?: boolean, coverage?: boolean}} [terms] `facets`: whether charts show other values in place of a
 *   selected one of their own; `coverage`: whether percentages may be of the subjects with information @returns {Figures}
 */
export function figuresUnder(model, selected, { facets = true, coverage = true } = {}) {
  const counted = selected.length + 1 > reach ? countRecords(model.records, selected, facets) : null;
  const whole = quantityOf(model, sortIds(selected), counted?.total ?? 0);
  /** @type {Quantity[]} */
  const bases = [];
  const base = (/** @type {number} */ position) => (bases[position] ??= baseOf(position));

  /** @param {number} position */
  function countInformed(position) {
    // that of several flags together is a least number, of which no share can be taken
    const alone = payload.charts[position].columns.length === 1;
    const covered = coverage && alone && selected.length === 0 ? payload.coverage.charts[position] : null;
    return covered?.with_information ?? null;
  }

  /** @param {number} position */
  function baseOf(position) {
    const known = countInformed(position);
    if (known !== null) return readCount(known, 1, Infinity);
    const others = facets ? selectedElsewhere(selected, position) : selected;
    if (others.length === selected.length) return whole;
    return quantityOf(model, sortIds(others), counted ? counted.total + counted.apart[position] : 0);
  }

  /** @param {number} id @returns {Bar} */
  function bar(id) {
    const combination = facets ? combine(selected, id) : sortIds([...new Set([...selected, id])]);
    const all = base(chartOf[id]);
    if (combination.length === selected.length && selected.includes(id) && all === whole) {
      return { id, count: whole, share: shareOf(whole, whole) };
    }
    const count = quantityOf(model, combination, counted?.estimated[id] ?? 0);
    return { id, count, share: shareOf(count, all) };
  }

  return { whole, base, informed: (position) => countInformed(position) !== null, bar };
}

/** The selected attributes that a chart's percentages are within: all but the one that its own values replace.
 * @param {number[]} selected @param {number} position */
function selectedElsewhere(selected, position) {
  const [only] = payload.charts[position].columns;
  return isFacet[only] ? selected.filter((id) => columnOf[id] !== only) : selected;
}

/** `lift`: see liftOf. @typedef {{rows: number[], columns: number[], whole: Quantity,
 *   count: (row: number, column: number) => Quantity, lift: (row: number, column: number) => Quantity}} Pairs */

/** The figures of all pairs of two charts' attributes, in the given order, under a selection.
 * @param {import("../types.js").Model} model @param {{ids: number[], position: number}} down
 * @param {{ids: number[], position: number}} across @param {number[]} selected @returns {Pairs} */
export function pairsUnder(model, down, across, selected) {
  const [one, other] = [payload.charts[down.position], payload.charts[across.position]];
  const counts = selected.length + 2 > reach ? countPairs(model.records, one, other, selected) : null;
  const total = selected.length > reach ? countRecords(model.records, selected, false).total : 0;
  const width = other.end - other.start;
  const single = figuresUnder(model, selected, { facets: false });
  const whole = quantityOf(model, sortIds(selected), total);
  const count = (/** @type {number} */ row, /** @type {number} */ column) =>
    quantityOf(
      model,
      sortIds([...new Set([...selected, row, column])]),
      counts?.[(row - one.start) * width + column - other.start] ?? 0,
    );
  return {
    rows: down.ids,
    columns: across.ids,
    whole,
    count,
    lift: (row, column) => liftOf(count(row, column), single.bar(row).count, single.bar(column).count, whole),
  };
}
