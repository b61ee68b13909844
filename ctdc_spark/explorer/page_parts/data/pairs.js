// Pairs of values of two charts: estimated and actual counts, for heatmaps, lines and two-way tables.

import { orderIds } from "../words/attributes.js";
import { countPairs } from "./counting.js";
import { findTogether } from "./lookup.js";
import { payload } from "./payload.js";

/** @typedef {{rows: number[], columns: number[], estimated: (row: number, column: number) => number,
 *   actual: (row: number, column: number) => number}} Pairs */

/** @param {import("../types.js").Model} model @param {number} one position of the chart down
 * @param {number} other position of the chart across @param {number[]} selected @returns {Pairs} */
export function makePairs(model, one, other, selected) {
  const down = payload.charts[one];
  const across = payload.charts[other];
  const counts = countPairs(model.records, down, across, selected);
  const width = across.end - across.start;
  return {
    rows: orderIds(down, "auto"),
    columns: orderIds(across, "auto"),
    estimated: (row, column) => counts[(row - down.start) * width + column - across.start],
    actual: (row, column) =>
      findTogether(model.reported, selected.includes(row) ? selected : [...selected, row], column),
  };
}

/** The most frequent of some attributes, in their given order: attributes of a chart are numbered by count.
 * @param {number[]} ids @param {number} most */
export function keepLargest(ids, most) {
  if (ids.length <= most) return ids;
  const border = [...ids].sort((one, other) => one - other)[most];
  return ids.filter((id) => id < border);
}
