// Bars as a picture for files: the figures of a chart, or the shares of two groups.

import { labelOf, titleOf } from "../words/attributes.js";
import { svg } from "./dom.js";
import { describeSelected, FIGURE_HEAD, frameFigure, placeText, shorten } from "./figureframe.js";
import { drawMark, drawRange, KIND_COLOURS, markOf } from "./marks.js";
import { noisy } from "../data/payload.js";
import { writeShort, writeShortShare } from "../words/figures.js";
import { isDrawn } from "../data/quantity.js";
import { t } from "../words/texts.js";

const FIGURE_WIDTH = 760;
const FIGURE_ROW = 26;
const FIGURE_LEFT = 240;
const GROUPS_APART = ["#1f6f78", "#8a3f8f"];

/** @typedef {import("../data/quantity.js").Quantity} Quantity */
/** Bars of a row, with their colours, and the text at the right of each.
 * @typedef {{id: number, bars: {quantity: Quantity, colour: string, written: string}[]}} FigureRow */

/** @param {import("../types.js").Chart} chart @param {import("../data/figures.js").Bar[]} bars
 * @param {number[]} selected @param {boolean} shares whether percentages are shown @returns {SVGElement} */
export function drawBarFigure(chart, bars, selected, shares) {
  const rows = bars.map(({ id, count, share }) => {
    const quantity = shares ? share : count;
    const colour = quantity.kind === "estimate" ? KIND_COLOURS.estimate : KIND_COLOURS.actual;
    return { id, bars: [{ quantity, colour, written: shares ? writeShortShare(share) : writeShort(count) }] };
  });
  return frameFigure(
    [FIGURE_WIDTH, bars.length * FIGURE_ROW],
    titleOf(chart),
    [describeSelected(t("selection.heading"), selected, t("selection.everyone"))],
    [
      placeText([FIGURE_WIDTH - 8, 76], t(shares ? "chart.share" : "chart.count"), { anchor: "end" }),
      ...drawRows(rows),
    ],
    rows.flatMap((row) => row.bars.map(({ quantity }) => quantity.kind)),
  );
}

/** @param {import("../types.js").Chart} chart @param {import("../compare/comparison.js").Row[]} rows
 * @param {number[][]} selections @returns {SVGElement} */
export function drawComparisonFigure(chart, rows, selections) {
  const drawn = rows.map(({ id, shares }) => ({
    id,
    bars: shares.map((quantity, side) => ({
      quantity,
      colour: GROUPS_APART[side],
      written: writeShortShare(quantity),
    })),
  }));
  const heads = [t("compare.a.short"), t("compare.b.short")].map((name, side) =>
    placeText([FIGURE_WIDTH - 84 + 76 * side, 76], name, { anchor: "end", fill: GROUPS_APART[side] }),
  );
  const notes = selections.map((selected, side) =>
    describeSelected(t(side === 0 ? "compare.a" : "compare.b"), selected, t("selection.everyone")),
  );
  return frameFigure(
    [FIGURE_WIDTH, rows.length * FIGURE_ROW],
    titleOf(chart),
    notes,
    [...heads, ...drawRows(drawn)],
    rows.flatMap((row) => row.shares.map(({ kind }) => kind)),
  );
}

/** @param {FigureRow[]} rows */
function drawRows(rows) {
  const wide = FIGURE_WIDTH - 84 - 66 - FIGURE_LEFT;
  const spread = (/** @type {Quantity} */ { kind, high, low }) => high > low && (kind === "estimate" || noisy);
  const ends = rows.flatMap(({ bars }) =>
    bars.map(({ quantity }) =>
      isDrawn(quantity) && spread(quantity) ? quantity.high : isDrawn(quantity) ? (quantity.value ?? 0) : 0,
    ),
  );
  const unit = wide / (Math.max(...ends, 0) || 1);
  return rows.flatMap(({ id, bars }, position) => {
    const y = FIGURE_HEAD + position * FIGURE_ROW;
    const tall = bars.length === 1 ? 14 : 9;
    return [
      placeText([FIGURE_LEFT - 8, y + 14], shorten(labelOf(id), 36), { anchor: "end" }),
      ...bars.flatMap(({ quantity, colour, written }, which) => {
        const top = y + 2 + 11 * which;
        const mark = markOf(quantity);
        const width = isDrawn(quantity) ? unit * (quantity.value ?? 0) : 0;
        const range =
          isDrawn(quantity) && spread(quantity)
            ? [drawRange([FIGURE_LEFT + unit * quantity.low, FIGURE_LEFT + unit * quantity.high], top + tall / 2)]
            : [];
        const at = FIGURE_WIDTH - 8 - 76 * (bars.length - 1 - which);
        return [
          drawMark(mark, [FIGURE_LEFT, top], [width, tall], colour),
          ...range,
          placeText([at, y + 16], written, { anchor: "end" }),
        ];
      }),
    ];
  });
}
