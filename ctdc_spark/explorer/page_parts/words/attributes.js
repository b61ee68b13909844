// Names, order and search of attributes and charts.

import { chartOf, keyOf, payload } from "../data/payload.js";
import { collator, language, listWords, simplify, t } from "./texts.js";

/** @typedef {import("../types.js").Chart} Chart */

/** @param {Chart} chart */
export function titleOf(chart) {
  return chart.title ?? t("chart.flags");
}

/** Countries have their names in the reader's language, unless the release names them itself. */
const countries = new Intl.DisplayNames([language], { type: "region" });
const labels = payload.attributes.map(({ column, value, label }) => {
  const code = payload.world?.columns.includes(column) ? payload.world.codes[value] : undefined;
  return code !== undefined && label === value ? (countries.of(code) ?? label) : label;
});

/** @param {number} id */
export function labelOf(id) {
  return labels[id];
}

/** An attribute named outside its chart: with the column's name, unless its label already is that name.
 * @param {number} id */
export function fullName(id) {
  const chart = payload.charts[chartOf[id]];
  const label = labelOf(id);
  return chart.kind === "flag" ? label : `${payload.columns[payload.attributes[id].column].label}: ${label}`;
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
    labelOf(id),
  ].join("\n");
  return { plain: simplify(words), words: ` ${listWords(words).join(" ")}` };
});

/** Whether every word of a search begins a word of an attribute, its column or its group, whatever their case, number
 * and punctuation; or else stands there as it was typed. @param {string} search @returns {(id: number) => boolean} */
export function matcher(search) {
  const words = listWords(search);
  const typed = simplify(search).split(/\s+/).filter(Boolean);
  return (id) => {
    const { plain, words: known } = searchTexts[id];
    const begins = words.length > 0 && words.every((word) => known.includes(` ${word}`));
    return begins || typed.every((word) => plain.includes(word));
  };
}

/** Whether all values of a chart are years. @param {Chart} chart */
export function isYears(chart) {
  const values = payload.attributes.slice(chart.start, chart.end).map((attribute) => attribute.value);
  return values.length > 2 && values.every((value) => /^(19|20)\d\d$/.test(value));
}
