// The selection in words: each attribute with a button to remove it, how many records, and whether actual counts exist
// for it.

import { fullName } from "../words/attributes.js";
import { button, el, isolated } from "../drawing/dom.js";
import { facts } from "../words/facts.js";
import { writeActual } from "../words/figures.js";
import { reach, release } from "../data/payload.js";
import { formatNumber, t } from "../words/texts.js";

/** @param {number[]} selected @param {(selected: number[]) => void} act @returns {HTMLElement} */
export function drawChips(selected, act) {
  const items = selected.map((id) => {
    const name = fullName(id);
    const remove = button("", () => act(selected.filter((other) => other !== id)), {
      class: "chip",
      "aria-label": t("selection.remove", { name }),
    });
    remove.append(isolated(name), el("span", { class: "cross", "aria-hidden": "true" }, "×"));
    return el("li", {}, remove);
  });
  return el("ul", { class: "chips", role: "list" }, ...items);
}

/** One sentence about a selection: its counts, and how far actual counts reach.
 * @param {number[]} selected @param {number} total @param {number} actual */
export function writeSelection(selected, total, actual) {
  if (selected.length === 0) return t("selection.none", { records: formatNumber(total) });
  const counts = { records: formatNumber(total), actual: writeActual(actual) };
  const sentence = t(selected.length > reach ? "selection.estimated" : "selection.both", counts);
  return `${sentence} ${writeReach(selected)}`.trim();
}

/** @param {number[]} selected */
function writeReach(selected) {
  if (selected.length < reach) return "";
  if (release.length >= 0 && reach < release.length) return t("selection.beyond_page", facts);
  return t(selected.length === reach ? "selection.last" : "selection.beyond", facts);
}
