// The four marks of figures in pictures: solid for actual counts, striped for estimates, dots for what is withheld, an
// empty box for what was not counted; the same everywhere, so that colour is never the only difference.

import { svg } from "./dom.js";
import { facts } from "../words/facts.js";
import { t } from "../words/texts.js";

/** @typedef {import("../data/quantity.js").Quantity} Quantity */

export const KIND_COLOURS = { actual: "#2467ae", estimate: "#a35309" };
const MARK_INK = "#16212c";

/** A bar of a picture, or the mark in its place. @param {string} kind @param {[number, number]} place
 * @param {[number, number]} size @param {string} colour */
export function drawMark(kind, [x, y], [width, height], colour) {
  const middle = y + height / 2;
  if (kind === "withheld") return svg("path", { d: `M${x} ${middle}h24`, stroke: MARK_INK, "stroke-dasharray": "2 3" });
  if (kind === "uncounted" || kind === "useless") {
    return svg("rect", { x: x + 1, y, width: height, height, fill: "none", stroke: MARK_INK });
  }
  if (kind === "actual") return svg("rect", { x, y, width, height, fill: colour });
  return svg(
    "g",
    {},
    svg("path", {
      d: `M${x} ${middle}h${width}`,
      stroke: colour,
      "stroke-width": height,
      "stroke-dasharray": "2 2.5",
      fill: "none",
    }),
    svg("rect", { x, y, width, height, fill: "none", stroke: colour }),
  );
}

/** A range as a whisker. @param {[number, number]} ends from, to @param {number} y @param {string} [colour] */
export function drawRange([from, to], y, colour = MARK_INK) {
  return svg("path", { d: `M${from} ${y - 3}v6M${from} ${y}H${to}M${to} ${y - 3}v6`, stroke: colour, fill: "none" });
}

/** What the marks in a picture mean: those that it has.
 * @param {Iterable<string>} kinds @param {[number, number]} place @param {string} [fill] the colour of texts */
export function drawLegend(kinds, [x, y], fill = MARK_INK) {
  const present = new Set(kinds);
  let at = x;
  return ["actual", "estimate", "withheld", "uncounted"].flatMap((kind) => {
    if (!present.has(kind)) return [];
    const colour = kind === "estimate" ? KIND_COLOURS.estimate : KIND_COLOURS.actual;
    const words = t(kind === "withheld" ? "legend.withheld" : `legend.${kind}`, facts);
    const parts = [
      drawMark(kind, [at, y - 9], [kind === "uncounted" ? 9 : 24, 9], colour),
      svg("text", { x: at + 30, y, "font-size": 11, fill }, words),
    ];
    at += 50 + 6 * words.length;
    return parts;
  });
}

/** The kind as which a figure is drawn: an estimate that is not to be used has no bar. @param {Quantity} quantity */
export function markOf({ kind, grade, value }) {
  return kind === "estimate" && grade === "useless" && value !== null ? "useless" : kind;
}
