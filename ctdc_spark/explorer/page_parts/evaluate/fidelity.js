// How close the estimates come, by the published metrics: by length and by count.

import { el } from "../drawing/dom.js";
import { facts } from "../words/facts.js";
import { payload } from "../data/payload.js";
import { valuesOf } from "./proof.js";
import { drawRow, drawTable } from "../drawing/tables.js";
import { formatNumber, formatShare, t } from "../words/texts.js";

// Measures drawn as bars.
const DRAWN = ["presence", "preservation", "mean_relative_error"];
// Rows of the table, in this order, with how each is written.
/** @type {Record<string, (value: number) => string>} */
const MEASURES = {
  combinations: formatNumber,
  presence: formatShare,
  suppression: formatShare,
  preservation: formatShare,
  mean_relative_error: formatShare,
  mean_absolute_error: formatNumber,
  noise_scale: formatNumber,
  expected_absolute_error: formatNumber,
  expected_fabrication: formatShare,
  expected_suppression: formatShare,
  k_marginal: formatScore,
  record_expansion: formatShare,
};

// From which value on a measure is good, and rough; both ends are shares.
/** @type {Record<string, [number, number]>} */
const VERDICTS = { presence: [0.95, 0.7], preservation: [0.9, 0.6], mean_relative_error: [0.1, 0.5] };

/** @typedef {import("../types.js").Metric} Metric */

/** How good a value is; of an error, less is better. @param {string} metric @param {number} value */
function judge(metric, value) {
  const [good, rough] = VERDICTS[metric];
  const reached = (/** @type {number} */ end) => (good > rough ? value >= end : value <= end);
  return reached(good) ? "good" : reached(rough) ? "rough" : "poor";
}

export function drawFidelity() {
  const heading = [
    el("h3", { id: "fidelity-heading" }, t("fidelity.heading")),
    el("p", { class: "lede" }, t("fidelity.lede")),
  ];
  const known = Object.keys(MEASURES).filter((metric) => valuesOf(metric, "reported").length > 0);
  if (known.length === 0) return [...heading, el("p", { class: "notice" }, t("fidelity.missing"))];
  const byLength = known.filter((metric) => valuesOf(metric, "reported").some((row) => row.length !== null));
  const whole = known.filter((metric) => !byLength.includes(metric));
  const drawn = byLength.filter((metric) => DRAWN.includes(metric));
  return [
    ...heading,
    el("div", { class: "cards few" }, ...drawn.map(drawMeasure), ...whole.map(drawWhole)),
    ...(byLength.length > 0 ? [drawMeasures(byLength)] : []),
    ...drawByCount(),
  ];
}

/** Of 1,000 points. @param {number} score */
function formatScore(score) {
  return formatNumber(Math.round(score));
}

/** Bars of one measure by length. @param {string} metric */
function drawMeasure(metric) {
  const rows = valuesOf(metric, "reported").sort(compareLengths);
  return drawShares(
    [metric, metric],
    t(`metric.${metric}`),
    t(`metric.${metric}.text`, facts),
    rows.map((row) => [nameLength(row.length), /** @type {number} */ (row.value)]),
  );
}

/** A card of bars; 100% is the full width unless a value is larger.
 * @param {[string, string]} names of the card and of the measure @param {string} title @param {string} note
 * @param {[string, number][]} rows */
function drawShares([name, metric], title, note, rows) {
  const scale = Math.max(1, ...rows.map(([, value]) => value));
  const list = el("ul", { class: "bars by-length", role: "list" });
  for (const [label, value] of rows) {
    const verdict = judge(metric, value);
    const line = el("span", { class: `line share ${verdict}` });
    line.style.inlineSize = `${((100 * value) / scale).toFixed(2)}%`;
    list.append(
      el(
        "li",
        { class: "bar" },
        el("span", { class: "name" }, label),
        el("span", { class: "lines track", "aria-hidden": "true" }, line),
        el(
          "span",
          { class: "count" },
          formatShare(value),
          " ",
          el("span", { class: verdict }, t(`verdict.${verdict}`)),
        ),
      ),
    );
  }
  const card = el(
    "article",
    { class: "card", "aria-labelledby": `measure-${name}` },
    el("h4", { id: `measure-${name}` }, title),
    list,
  );
  if (note) card.append(el("p", { class: "note" }, note));
  card.dataset.metric = name;
  return card;
}

/** A measure of the whole release is one figure. @param {string} metric */
function drawWhole(metric) {
  const [row] = valuesOf(metric, "reported");
  const card = el(
    "article",
    { class: "card", "aria-labelledby": `measure-${metric}` },
    el("h4", { id: `measure-${metric}` }, t(`metric.${metric}`)),
    el("p", { class: "figure" }, MEASURES[metric](/** @type {number} */ (row.value))),
    el("p", { class: "note" }, t(`metric.${metric}.text`, facts)),
  );
  card.dataset.metric = metric;
  return card;
}

/** Preservation by count: one card per length, one bar per range of counts. */
function drawByCount() {
  const rows = payload.metrics.filter(
    (row) =>
      row.metric === "preservation" &&
      row.reference === "reported" &&
      row.count_from !== null &&
      row.count_from > 0 &&
      row.value !== null,
  );
  const lengths = [...new Set(rows.map((row) => row.length))].sort((one, other) => (one ?? 0) - (other ?? 0));
  if (lengths.length === 0) return [];
  const cards = lengths.map((length) => {
    const bins = rows
      .filter((row) => row.length === length)
      .sort((one, other) => Number(one.count_from) - Number(other.count_from));
    const named = bins.map(
      (row) => /** @type {[string, number]} */ ([t("fidelity.count", countRange(row)), row.value ?? 0]),
    );
    return drawShares([`by-count-${length}`, "preservation"], nameLength(length), "", named);
  });
  return [
    el("h3", {}, t("fidelity.by_count")),
    el("p", { class: "lede" }, t("fidelity.by_count.lede")),
    el("div", { class: "cards few" }, ...cards),
  ];
}

/** @param {Metric} row */
function countRange(row) {
  const from = Number(row.count_from);
  return { from: formatNumber(from), to: formatNumber(2 * from - 1) };
}

/** @param {Metric} one @param {Metric} other */
function compareLengths(one, other) {
  return (one.length ?? Infinity) - (other.length ?? Infinity);
}

/** @param {number|null} length */
export function nameLength(length) {
  return length === null ? t("fidelity.all") : t("fidelity.axis", { length: formatNumber(length) });
}

/** Every measure against the published counts: a row per measure, a column per length. @param {string[]} measures */
function drawMeasures(measures) {
  const all = measures.flatMap((metric) => valuesOf(metric, "reported").map((row) => row.length));
  const lengths = [...new Set(all)].sort((one, other) => (one ?? Infinity) - (other ?? Infinity));
  const rows = measures.map((metric) => {
    const values = new Map(valuesOf(metric, "reported").map((row) => [row.length, row.value]));
    const cells = lengths.map((length) => (values.has(length) ? MEASURES[metric](values.get(length) ?? 0) : "–"));
    const note = el("span", { class: "note" }, t(`metric.${metric}.text`, facts));
    const row = drawRow([t(`metric.${metric}`), note], cells);
    row.dataset.metric = metric;
    return row;
  });
  const table = drawTable(t("fidelity.caption"), [t("fidelity.measure"), ...lengths.map(nameLength)], rows, "measures");
  return el("div", { class: "framed" }, table);
}
