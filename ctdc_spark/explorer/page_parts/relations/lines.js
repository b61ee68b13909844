// Counts over years: a line of estimates for each value, with dots for actual counts.

import { labelOf, titleOf } from "../words/attributes.js";
import { svg } from "../drawing/dom.js";
import { plainActual } from "../words/figures.js";
import { keepLargest } from "../data/pairs.js";
import { formatNumber, t } from "../words/texts.js";

const LINES_MOST = 6;
const LINES_WIDTH = 860;
const LINES_HEIGHT = 360;
const LINES_LEFT = 64;
const LINES_RIGHT = 200;
const LINES_FLOOR = LINES_HEIGHT - 36;
const DASHES = ["", "8 3", "2 3", "12 4 2 4", "5 5", "1 5"];

/** @param {import("../data/pairs.js").Pairs} pairs years down @param {import("../types.js").Chart} years
 * @param {import("../types.js").Chart} across @returns {import("../drawing/behind.js").Figure} */
export function drawLines(pairs, years, across) {
  const values = keepLargest(pairs.columns, LINES_MOST);
  const largest = Math.max(
    1,
    ...values.flatMap((value) =>
      pairs.rows.flatMap((year) => [pairs.estimated(year, value), pairs.actual(year, value)]),
    ),
  );
  const x = (/** @type {number} */ i) =>
    LINES_LEFT + (i * (LINES_WIDTH - LINES_LEFT - LINES_RIGHT)) / Math.max(1, pairs.rows.length - 1);
  const y = (/** @type {number} */ count) => LINES_FLOOR - (count / largest) * (LINES_FLOOR - 20);
  const title = t("relations.line", { rows: titleOf(years), columns: titleOf(across) });
  const ends = spreadLabels(values.map((value) => y(pairs.estimated(pairs.rows[pairs.rows.length - 1], value))));
  const lines = values.map((value, i) => {
    const points = pairs.rows.map((year, at) => `${x(at).toFixed(1)},${y(pairs.estimated(year, value)).toFixed(1)}`);
    const dots = pairs.rows.flatMap((year, at) => {
      const actual = pairs.actual(year, value);
      return actual < 0
        ? []
        : [svg("circle", { cx: x(at).toFixed(1), cy: y(actual).toFixed(1), r: 3.5, class: `dot hue-${i}` })];
    });
    return svg(
      "g",
      {},
      svg("polyline", {
        points: points.join(" "),
        class: `trend hue-${i}`,
        fill: "none",
        "stroke-dasharray": DASHES[i] || null,
      }),
      ...dots,
      svg(
        "text",
        { x: LINES_WIDTH - LINES_RIGHT + 12, y: ends[i] + 4, class: `tick hue-text-${i}` },
        shortenLabel(labelOf(value)),
      ),
    );
  });
  const figure = svg(
    "svg",
    { viewBox: `0 0 ${LINES_WIDTH} ${LINES_HEIGHT}`, role: "img", "aria-label": title, class: "plot wide-plot" },
    ...drawLineAxes(pairs.rows, largest, { x, y }),
    ...lines,
  );
  const rows = pairs.rows.flatMap((year) =>
    values.map((value) => [
      labelOf(year),
      labelOf(value),
      pairs.estimated(year, value),
      plainActual(pairs.actual(year, value)),
    ]),
  );
  const head = [titleOf(years), titleOf(across), t("table.estimated"), t("table.actual")];
  return { name: "lines", title, note: t("relations.line.note"), figure, table: { title, head, rows } };
}

/** @param {number[]} years @param {number} largest
 * @param {{x: (i: number) => number, y: (count: number) => number}} place */
function drawLineAxes(years, largest, { x, y }) {
  const step = 10 ** Math.floor(Math.log10(largest)) * (largest / 10 ** Math.floor(Math.log10(largest)) > 4 ? 2 : 1);
  const marks = Array.from({ length: Math.floor(largest / step) + 1 }, (_, i) => i * step);
  const each = Math.ceil(years.length / 11);
  return [
    ...marks.flatMap((mark) => [
      svg("line", { x1: LINES_LEFT, x2: LINES_WIDTH - LINES_RIGHT, y1: y(mark), y2: y(mark), class: "rule" }),
      svg("text", { x: LINES_LEFT - 8, y: y(mark) + 4, class: "tick end" }, formatNumber(mark)),
    ]),
    ...years.flatMap((id, i) =>
      i % each === 0 ? [svg("text", { x: x(i), y: LINES_FLOOR + 22, class: "tick middle" }, labelOf(id))] : [],
    ),
  ];
}

/** Places for labels so that none overlap. @param {number[]} wanted */
function spreadLabels(wanted) {
  const order = wanted.map((_, i) => i).sort((one, other) => wanted[one] - wanted[other]);
  const places = [...wanted];
  order.forEach((i, rank) => {
    if (rank > 0) places[i] = Math.max(places[i], places[order[rank - 1]] + 16);
  });
  return places;
}

/** @param {string} label */
function shortenLabel(label) {
  const letters = [...label];
  return letters.length <= 26 ? label : `${letters.slice(0, 25).join("")}…`;
}
