// What every picture for files has: a title, the selection, what its marks mean, and its source.

import { fullName } from "../words/attributes.js";
import { svg } from "./dom.js";
import { drawLegend } from "./marks.js";
import { facts } from "../words/facts.js";
import { t } from "../words/texts.js";

export const FIGURE_HEAD = 84; // height of title, selection and column headings
const FIGURE_FOOT = 52;
export const INK = "#16212c";

/** A picture of the given inner size with head and foot.
 * @param {[number, number]} size width of all, height between head and foot @param {string} title
 * @param {string[]} notes one or two lines under the title @param {Element[]} content
 * @param {Iterable<string>} kinds of the figures in it, for the legend @param {string} [fill] the colour of texts */
export function frameFigure([width, inner], title, notes, content, kinds, fill = INK) {
  const height = FIGURE_HEAD + inner + FIGURE_FOOT;
  const lines = notes.flatMap((note) => wrapText(note, Math.floor(width / 6.6), notes.length > 1 ? 1 : 2));
  const source = shorten(t("foot.file", facts), Math.floor(width / 5.4));
  return svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, "font-family": "Arial, sans-serif" },
    placeText([16, 28], shorten(title, Math.floor(width / 10)), { size: 17, fill }),
    ...lines.map((line, at) => placeText([16, 47 + 15 * at], line, { fill })),
    ...content,
    ...drawLegend(kinds, [16, height - 30], fill),
    placeText([16, height - 12], source, { size: 10, fill }),
  );
}

/** A figure of the page, which has no head and foot of its own, as a picture for files.
 * @param {SVGElement} copy a copy that needs no style sheet @param {[number, number]} size
 * @param {{title: string, notes: string[], kinds: Iterable<string>, fill: string}} frame */
export function frameCopy(copy, [width, height], { title, notes, kinds, fill }) {
  copy.setAttribute("x", "0");
  copy.setAttribute("y", String(FIGURE_HEAD - 14));
  return frameFigure([width, height - 14], title, notes, [copy], kinds, fill);
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

/** A text in at most so many lines; what does not fit is cut. @param {string} text @param {number} letters
 * @param {number} most */
function wrapText(text, letters, most) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines[lines.length - 1];
    if (last !== "" && last.length + 1 + word.length > letters && lines.length < most) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines.map((line) => shorten(line, letters));
}

/** @param {string} label @param {number} most */
export function shorten(label, most) {
  const letters = [...label];
  return letters.length <= most ? label : `${letters.slice(0, most - 1).join("")}…`;
}
