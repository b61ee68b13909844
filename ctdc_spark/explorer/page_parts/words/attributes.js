// Names, order and search of attributes and charts.

import { chartOf, keyOf, payload } from "../data/payload.js";
import { collator, simplify, t } from "./texts.js";

/** @typedef {import("../types.js").Chart} Chart */
/** An attribute with its figures; `actual` is a count or one of the markers of lookup.js.
 * @typedef {{id: number, estimated: number, actual: number, margin: number}} Bar `margin`: see noise.js */

/** @param {Chart} chart */
export function titleOf(chart) {
  return chart.title ?? t("chart.flags");
}

/** @param {number} id */
export function labelOf(id) {
  return payload.attributes[id].label;
}

/** An attribute named outside its chart: with the column's name, unless its label already is that name.
 * @param {number} id */
export function fullName(id) {
  const { column, label } = payload.attributes[id];
  const chart = payload.charts[chartOf[id]];
  return chart.kind === "flag" ? label : `${payload.columns[column].label}: ${label}`;
}

/** Years, ages and bins read best in their own order; values of that kind begin with a digit.
 * @param {Chart} chart */
export function isOrdered(chart) {
  if (chart.kind === "bin") return true;
  const labels = payload.attributes.slice(chart.start, chart.end).map((attribute) => attribute.label);
  return labels.length > 0 && labels.every((label) => /^\p{Nd}/u.test(label));
}

/** The attribute ids of a chart in the requested order; by count means the release's counts, whatever is selected, so
 * that bars do not jump about. @param {Chart} chart @param {string} sort */
export function orderIds(chart, sort) {
  const ids = Array.from({ length: chart.end - chart.start }, (_, position) => chart.start + position);
  const byName = sort === "name" || (sort === "auto" && isOrdered(chart));
  return byName ? ids.sort((one, other) => collator.compare(labelOf(one), labelOf(other))) : ids;
}

const searchTexts = payload.attributes.map((attribute, id) => {
  const chart = payload.charts[chartOf[id]];
  const words = [
    titleOf(chart),
    chart.group ?? "",
    keyOf(id),
    payload.columns[attribute.column].label,
    attribute.label,
  ];
  return simplify(words.join("\n"));
});

/** Whether every word of a search is in an attribute, its column or its group. @param {string} search
 * @returns {(id: number) => boolean} */
export function matcher(search) {
  const words = simplify(search).split(/\s+/).filter(Boolean);
  return (id) => words.every((word) => searchTexts[id].includes(word));
}

/** Whether all values of a chart are years. @param {Chart} chart */
export function isYears(chart) {
  const values = payload.attributes.slice(chart.start, chart.end).map((attribute) => attribute.value);
  return values.length > 2 && values.every((value) => /^(19|20)\d\d$/.test(value));
}
