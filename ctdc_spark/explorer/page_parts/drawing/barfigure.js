// Bars in pairs as a picture for files: estimated and actual counts of a chart, or the shares of two groups.

import { labelOf, titleOf } from "../words/attributes.js";
import { svg } from "./dom.js";
import { describeSelected, FIGURE_HEAD, frameFigure, INK, placeGap, placeText, shorten } from "./figureframe.js";
import { writeActualShort, writeCount } from "../words/figures.js";
import { formatShare, t } from "../words/texts.js";

const FIGURE_WIDTH = 760;
const FIGURE_ROW = 26;
const FIGURE_LEFT = 240;
const COUNTS = { estimated: "#2467ae", actual: "#a35309" };
const GROUPS_APART = { a: "#1f6f78", b: "#8a3f8f" };

/** Two bars of a row: their sizes (below 0: withheld) and the text at the right, in columns.
 * @typedef {{id: number, sizes: [number, number], written: string[], margin: number}} PairedBars `margin` of the second */

/** @param {import("../types.js").Chart} chart @param {import("../words/attributes.js").Bar[]} bars
 * @param {number[]} selected @param {number} [whole] denominator, for percentages @returns {SVGElement} */
export function drawBarFigure(chart, bars, selected, whole) {
  const rows = bars.map(({ id, estimated, actual, margin }) => ({
    id,
    margin: actual < 0 ? 0 : margin,
    sizes: /** @type {[number, number]} */ ([estimated, actual]),
    written: [writeCount(estimated, whole), writeActualShort(actual, whole)],
  }));
  const heads = /** @type {[string, string][]} */ ([
    [t("chart.estimated"), COUNTS.estimated],
    [t("chart.actual"), COUNTS.actual],
  ]);
  return frameFigure(
    [FIGURE_WIDTH, bars.length * FIGURE_ROW],
    titleOf(chart),
    [describeSelected(t("selection.heading"), selected)],
    drawPairedBars(rows, heads),
  );
}

/** @param {import("../types.js").Chart} chart @param {import("../compare/comparison.js").Row[]} rows
 * @param {import("../compare/comparison.js").Side[]} sides @returns {SVGElement} */
export function drawComparisonFigure(chart, rows, sides) {
  const bars = rows.map(({ id, shares: [a, b] }) => ({
    id,
    margin: 0,
    sizes: /** @type {[number, number]} */ ([a, b]),
    written: [formatShare(a), formatShare(b)],
  }));
  const heads = /** @type {[string, string][]} */ ([
    [t("compare.a.short"), GROUPS_APART.a],
    [t("compare.b.short"), GROUPS_APART.b],
  ]);
  const notes = sides.map(({ selected }, side) =>
    describeSelected(t(side === 0 ? "compare.a" : "compare.b"), selected, t("compare.all")),
  );
  return frameFigure([FIGURE_WIDTH, rows.length * FIGURE_ROW], titleOf(chart), notes, drawPairedBars(bars, heads));
}

/** @param {PairedBars[]} rows @param {[string, string][]} heads name and colour of the two bars */
function drawPairedBars(rows, heads) {
  const ends = [FIGURE_WIDTH - 84, FIGURE_WIDTH - 8];
  const wide = ends[0] - 66 - FIGURE_LEFT;
  const largest = Math.max(...rows.flatMap(({ sizes: [one, other], margin }) => [one, other + margin]), 0);
  const drawBar = (/** @type {number} */ size, /** @type {number} */ which, /** @type {number} */ y) =>
    size < 0
      ? placeGap(FIGURE_LEFT, y + 5 + 11 * which)
      : svg("rect", {
          x: FIGURE_LEFT,
          y: y + 2 + 11 * which,
          width: largest > 0 ? (wide * size) / largest : 0,
          height: 9,
          fill: heads[which][1],
        });
  return [
    ...heads.map(([name, fill], which) => placeText([ends[which], 76], name, { anchor: "end", fill })),
    ...rows.flatMap(({ id, sizes, written, margin }, position) => {
      const y = FIGURE_HEAD + position * FIGURE_ROW;
      return [
        placeText([FIGURE_LEFT - 8, y + 14], shorten(labelOf(id), 36), { anchor: "end" }),
        ...sizes.map((size, which) => drawBar(size, which, y)),
        ...(margin > 0 ? [drawWhisker(sizes[1], margin, [wide / largest, y + 17.5])] : []),
        ...written.map((text, which) => placeText([ends[which], y + 16], text, { anchor: "end" })),
      ];
    }),
  ];
}

/** @param {number} size @param {number} margin @param {[number, number]} place length of a count of 1, and height */
function drawWhisker(size, margin, [unit, y]) {
  const [from, to] = [Math.max(0, size - margin), size + margin].map((end) => FIGURE_LEFT + unit * end);
  return svg("path", { d: `M${from} ${y - 3}v6M${from} ${y}H${to}M${to} ${y - 3}v6`, stroke: INK, fill: "none" });
}
