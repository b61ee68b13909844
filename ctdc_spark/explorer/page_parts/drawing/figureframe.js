// What every picture for files has: light background, its own colours, a title, the selection, and its source.

import { fullName } from "../words/attributes.js";
import { svg } from "./dom.js";
import { facts } from "../words/facts.js";
import { t } from "../words/texts.js";

export const FIGURE_HEAD = 84; // height of title, selection and column headings
const FIGURE_FOOT = 34;
export const INK = "#16212c";

/** A picture of the given inner size with head and foot.
 * @param {[number, number]} size width of all, height between head and foot @param {string} title
 * @param {string[]} notes one or two lines under the title @param {Element[]} content */
export function frameFigure([width, inner], title, notes, content) {
  const height = FIGURE_HEAD + inner + FIGURE_FOOT;
  const letters = Math.floor(width / 7);
  return svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, "font-family": "Arial, sans-serif" },
    placeText([16, 28], shorten(title, Math.floor(width / 11)), { size: 17 }),
    ...notes.map((note, line) => placeText([16, 47 + 15 * line], shorten(note, letters))),
    ...content,
    placeText([16, height - 12], shorten(t("foot", facts), Math.floor(width / 5.4)), { size: 10 }),
  );
}

/** @param {string} heading @param {number[]} selected @param {string} [none] what to say when nothing is selected */
export function describeSelected(heading, selected, none = "") {
  const said = selected.length > 0 ? selected.map(fullName).join(" · ") : none;
  return said && `${heading}: ${said}`;
}

/** @param {[number, number]} place @param {string} content
 * @param {{anchor?: string, size?: number, fill?: string}} [look] */
export function placeText([x, y], content, { anchor = "start", size = 12, fill = INK } = {}) {
  return svg("text", { x, y, "font-size": size, "text-anchor": anchor, fill }, content);
}

/** The mark in place of a withheld count. @param {number} x @param {number} y */
export function placeGap(x, y) {
  return svg("path", { d: `M${x} ${y}h24`, stroke: INK, "stroke-dasharray": "2 3" });
}

/** @param {string} label @param {number} most */
export function shorten(label, most) {
  const letters = [...label];
  return letters.length <= most ? label : `${letters.slice(0, most - 1).join("")}…`;
}
