// Count the synthetic records: what every chart shows under a selection, in one pass over typed arrays.

import { chartOf, columnOf, isFacet, payload, scaleUp } from "./payload.js";

/**
 * Count records by attribute under a selection.
 *
 * A record counts if it holds all selected attributes. In a chart with a selected value of its own that another value
 * would replace (see isFacet), records count if they hold all other selected attributes: the chart shows what choosing
 * another value would give.
 *
 * @param {import("../types.js").Records} records @param {number[]} selected distinct attribute ids
 * @param {boolean} [facets] whether charts show other values in place of a selected one of their own
 * @returns {import("../types.js").Counted}
 */
export function countRecords(records, selected, facets = true) {
  const { ids, offsets, weights } = records;
  const estimated = new Float64Array(payload.attributes.length);
  const apart = new Float64Array(payload.charts.length);
  const mark = new Uint8Array(payload.attributes.length);
  selected.forEach((id, position) => (mark[id] = position + 1));
  const sumOfMarks = (selected.length * (selected.length + 1)) / 2;
  let total = 0;
  for (let record = 0; record < weights.length; record++) {
    const start = offsets[record];
    const end = offsets[record + 1];
    const weight = weights[record];
    let held = 0;
    let sum = 0;
    if (selected.length > 0) {
      for (let i = start; i < end; i++) {
        const marked = mark[ids[i]];
        if (marked > 0) {
          held++;
          sum += marked;
        }
      }
    }
    if (held === selected.length) {
      total += weight;
      for (let i = start; i < end; i++) estimated[ids[i]] += weight;
    } else if (facets && held === selected.length - 1) {
      const column = columnOf[selected[sumOfMarks - sum - 1]]; // of the one attribute that is not held
      if (isFacet[column] === 0) continue;
      apart[chartOf[selected[sumOfMarks - sum - 1]]] += weight;
      for (let i = start; i < end; i++) {
        if (columnOf[ids[i]] === column) estimated[ids[i]] += weight;
      }
    }
  }
  return scale({ estimated, apart, total });
}

/** @param {import("../types.js").Counted} counted */
function scale(counted) {
  if (scaleUp === 1) return counted;
  const grow = (/** @type {number} */ count) => Math.round(count * scaleUp);
  return {
    estimated: counted.estimated.map(grow),
    apart: counted.apart.map(grow),
    total: grow(counted.total),
  };
}

/**
 * Count records by pairs of attributes of two charts under a selection.
 *
 * @param {import("../types.js").Records} records @param {import("../types.js").Chart} one
 * @param {import("../types.js").Chart} other @param {number[]} selected
 * @returns {Float64Array} row by row: one's attributes down, other's across
 */
export function countPairs(records, one, other, selected) {
  const { ids, offsets, weights } = records;
  const width = other.end - other.start;
  const counts = new Float64Array((one.end - one.start) * width);
  const isSelected = new Uint8Array(payload.attributes.length);
  for (const id of selected) isSelected[id] = 1;
  const rows = [];
  const columns = [];
  for (let record = 0; record < weights.length; record++) {
    let held = 0;
    rows.length = 0;
    columns.length = 0;
    for (let i = offsets[record]; i < offsets[record + 1]; i++) {
      const id = ids[i];
      held += isSelected[id];
      if (id >= one.start && id < one.end) rows.push(id - one.start);
      if (id >= other.start && id < other.end) columns.push(id - other.start);
    }
    if (held < selected.length) continue;
    for (const row of rows) for (const column of columns) counts[row * width + column] += weights[record];
  }
  return scaleUp === 1 ? counts : counts.map((count) => Math.round(count * scaleUp));
}
