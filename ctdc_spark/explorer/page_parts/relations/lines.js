// Counts over years: a line for each value, solid between actual counts, dashed to and from estimates, broken where
// there is no figure that may be drawn.

import { labelOf, titleOf } from "../words/attributes.js";
import { svg } from "../drawing/dom.js";
import { describeSelected } from "../drawing/figureframe.js";
import { listParts, nameParts, writeKind, writeLong } from "../words/figures.js";
import { keepLargest } from "../data/pairs.js";
import { payload, noisy } from "../data/payload.js";
import { isDrawn } from "../data/quantity.js";
import { state } from "../frame/state.js";
import { formatNumber, t } from "../words/texts.js";

const LINES_MOST = 6;
const LINES_WIDTH = 860;
const LINES_HEIGHT = 360;
const LINES_LEFT = 64;
const LINES_RIGHT = 200;
const LINES_FLOOR = LINES_HEIGHT - 36;

/** @typedef {import("../data/quantity.js").Quantity} Quantity */
/** Where a year and a count lie. @typedef {{x: (at: number) => number, y: (count: number) => number}} Place */
/** A year's figure. @typedef {{at: number, count: Quantity}} Point */

/** @param {import("../data/figures.js").Pairs} pairs years down @param {import("../types.js").Chart} years
 * @param {import("../types.js").Chart} across @returns {import("../drawing/behind.js").Figure} */
export function drawLines(pairs, years, across) {
  const values = keepLargest(pairs.columns, LINES_MOST);
  const series = values.map((value) => pairs.rows.map((year, at) => ({ at, count: pairs.count(year, value) })));
  const place = makePlace(series.flat(), pairs.rows.length);
  const title = t("relations.line", { rows: titleOf(years), columns: titleOf(across) });
  const ends = spreadLabels(series.map((points) => place.y(points.findLast(isPlaced)?.count.value ?? 0)));
  const lines = values.map((value, i) =>
    svg(
      "g",
      { "data-value": payload.attributes[value].value },
      ...drawSeries(series[i], i, place),
      drawDot(i, [LINES_WIDTH - LINES_RIGHT + 14, ends[i]], "dot sample"),
      svg(
        "text",
        { x: LINES_WIDTH - LINES_RIGHT + 24, y: ends[i] + 4, class: `tick hue-text-${i}` },
        shortenLabel(labelOf(value)),
      ),
    ),
  );
  const figure = svg(
    "svg",
    { viewBox: `0 0 ${LINES_WIDTH} ${LINES_HEIGHT}`, role: "img", "aria-label": title, class: "plot wide-plot" },
    ...drawLineAxes(pairs.rows, place),
    ...lines,
  );
  const kinds = series.flat().map(({ count }) => count.kind);
  return {
    name: "lines",
    title,
    note: t("relations.line.note"),
    figure,
    table: writeFigures(pairs, values, [titleOf(years), titleOf(across)]),
    file: listFigures(pairs, values, title),
    describe: () => ({
      notes: [describeSelected(t("relations.within"), state.selected, t("selection.everyone"))],
      kinds,
    }),
  };
}

/** @param {Point} point */
function isPlaced({ count }) {
  return isDrawn(count);
}

/** @param {Point[]} points @param {number} years @returns {Place & {largest: number}} */
function makePlace(points, years) {
  const tops = points
    .filter(isPlaced)
    .map(({ count }) => (count.kind === "estimate" ? count.high : (count.value ?? 0)));
  const largest = Math.max(1, ...tops);
  const across = LINES_WIDTH - LINES_LEFT - LINES_RIGHT;
  return {
    largest,
    x: (at) => LINES_LEFT + (at * across) / Math.max(1, years - 1),
    y: (count) => LINES_FLOOR - (count / largest) * (LINES_FLOOR - 20),
  };
}

/** The line of one value, piece by piece, with its dots and the marks of what is withheld.
 * @param {Point[]} points @param {number} hue @param {Place} place */
function drawSeries(points, hue, { x, y }) {
  const pieces = /** @type {SVGElement[]} */ ([]);
  const marks = /** @type {SVGElement[]} */ ([]);
  points.forEach((point, i) => {
    const { at, count } = point;
    const centre = /** @type {[number, number]} */ ([x(at), y(count.value ?? 0)]);
    if (count.kind === "withheld") {
      marks.push(svg("path", { d: `M${x(at) - 4} ${y(0)}h8`, class: `gap hue-${hue}`, "stroke-dasharray": "2 2" }));
    }
    if (!isPlaced(point)) return;
    const ranged = count.high > count.low && (count.kind === "estimate" || noisy);
    if (ranged) marks.push(svg("path", { d: `M${x(at)} ${y(count.low)}V${y(count.high)}`, class: `range hue-${hue}` }));
    marks.push(drawDot(hue, centre, `dot ${count.kind}`));
    const next = points[i + 1];
    if (next === undefined || !isPlaced(next)) return;
    const estimated = count.kind === "estimate" || next.count.kind === "estimate";
    const ends = `M${x(at).toFixed(1)} ${centre[1].toFixed(1)}L${x(next.at).toFixed(1)} ${y(next.count.value ?? 0).toFixed(1)}`;
    pieces.push(
      svg("path", {
        d: ends,
        class: `trend ${estimated ? "estimate" : "actual"} hue-${hue}`,
        "stroke-dasharray": estimated ? "6 4" : null,
      }),
    );
  });
  return [...pieces, ...marks];
}

/** Lines differ by their dots' shape as well as by colour; estimates are hollow. @param {number} hue
 * @param {[number, number]} centre @param {string} className */
function drawDot(hue, [x, y], className) {
  const size = 4;
  const shapes = [
    `M${x - size} ${y}a${size} ${size} 0 1 0 ${2 * size} 0a${size} ${size} 0 1 0 ${-2 * size} 0`,
    `M${x - size} ${y - size}h${2 * size}v${2 * size}h${-2 * size}z`,
    `M${x} ${y - 5}l5 9h-10z`,
    `M${x} ${y - 5}l5 5l-5 5l-5 -5z`,
    `M${x} ${y + 5}l5 -9h-10z`,
    `M${x - 5} ${y - 2}h3v-3h4v3h3v4h-3v3h-4v-3h-3z`,
  ];
  return svg("path", { d: shapes[hue], class: `${className} hue-${hue}` });
}

/** @param {number[]} years @param {Place & {largest: number}} place */
function drawLineAxes(years, { x, y, largest }) {
  const power = 10 ** Math.floor(Math.log10(largest));
  const step = Math.max(1, power * (largest / power > 4 ? 2 : largest / power > 2 ? 1 : 0.5));
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

/** @param {import("../data/figures.js").Pairs} pairs @param {number[]} values @param {string[]} titles
 * @returns {import("../types.js").Table} */
function writeFigures(pairs, values, titles) {
  const rows = pairs.rows.flatMap((year) =>
    values.map((value) => {
      const count = pairs.count(year, value);
      return [labelOf(year), labelOf(value), writeLong(count), writeKind(count)];
    }),
  );
  return { title: titles.join(", "), head: [...titles, t("table.count"), t("table.kind")], rows };
}

/** @param {import("../data/figures.js").Pairs} pairs @param {number[]} values @param {string} title
 * @returns {import("../types.js").Table} */
function listFigures(pairs, values, title) {
  const rows = pairs.rows.flatMap((year) =>
    values.map((value) => [
      payload.attributes[year].value,
      payload.attributes[value].value,
      ...listParts(pairs.count(year, value)),
    ]),
  );
  return { title, head: ["year", "value", ...nameParts()], rows };
}

/** Places for labels so that none overlap. @param {number[]} wanted */
function spreadLabels(wanted) {
  const order = wanted.map((_, i) => i).sort((one, other) => wanted[one] - wanted[other]);
  const places = [...wanted];
  order.forEach((i, rank) => {
    if (rank > 0) places[i] = Math.max(places[i], places[order[rank - 1]] + 16);
  });
  // those pushed past the floor go up again
  [...order].reverse().forEach((i, rank, all) => {
    const most = rank === 0 ? LINES_FLOOR : places[all[rank - 1]] - 16;
    places[i] = Math.min(places[i], most);
  });
  return places;
}

/** @param {string} label */
function shortenLabel(label) {
  const letters = [...label];
  return letters.length <= 24 ? label : `${letters.slice(0, 23).join("")}…`;
}
