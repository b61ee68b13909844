// Tables: the same figures as a chart's, in rows and columns; on the page and in files.

import { keyOf, payload } from "../data/payload.js";
import { fullName, labelOf, titleOf } from "../words/attributes.js";
import { el, isolated } from "./dom.js";
import { listParts, nameParts, writeKind, writeLong, writeLongShare } from "../words/figures.js";
import { t } from "../words/texts.js";

/** @typedef {import("../data/figures.js").Bar} Bar */
/** @typedef {import("../types.js").Table} Table */

/** Draw a table in a frame that scrolls and can be reached by keyboard.
 * @param {string} caption @param {string[]} head @param {Node[]} rows @param {string} [className] */
export function drawTable(caption, head, rows, className = "") {
  const headings = head.map((name, position) =>
    el("th", { scope: "col", class: position === 0 ? null : "number" }, name),
  );
  return el(
    "div",
    { class: "scroll", role: "region", tabindex: "0", "aria-label": caption },
    el(
      "table",
      { class: className || null },
      el("caption", { class: "hear" }, caption),
      el("thead", {}, el("tr", {}, ...headings)),
      el("tbody", {}, ...rows),
    ),
  );
}

/** @param {import("./dom.js").Child[]} head @param {string[]} figures */
export function drawRow(head, figures) {
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, ...head),
    ...figures.map((figure) => el("td", { class: "number" }, figure)),
  );
}

/** The table behind a bar chart. @param {import("../types.js").Chart} chart @param {Bar[]} bars */
export function drawBarTable(chart, bars) {
  const rows = bars.map((bar) => {
    const row = drawRow(
      [isolated(labelOf(bar.id)), ...drawCode(bar.id)],
      [writeLong(bar.count), writeKind(bar.count), writeLongShare(bar.share)],
    );
    row.dataset.value = payload.attributes[bar.id].value;
    return row;
  });
  const caption = t("table.caption", { title: titleOf(chart) });
  const table = drawTable(
    caption,
    ["attribute", "count", "kind", "share"].map((name) => t(`table.${name}`)),
    rows,
  );
  return el("div", { class: "behind" }, table, el("p", { class: "note" }, t("table.note")));
}

/** How the published tables write the attribute, if the label differs. @param {number} id */
function drawCode(id) {
  return keyOf(id) === fullName(id) ? [] : [el("span", { class: "note" }, isolated(keyOf(id)))];
}

/** A chart's figures for a file. @param {import("../types.js").Chart} chart @param {Bar[]} bars @returns {Table} */
export function tableOfBars(chart, bars) {
  return {
    title: titleOf(chart),
    head: ["column", "value", "label", ...nameParts(), "share", "share_low", "share_high"],
    rows: bars.map(({ id, count, share }) => {
      const { column, value } = payload.attributes[id];
      const figures = [...listParts(count), share.value, share.low, share.high];
      return [payload.columns[column].name, value, labelOf(id), ...figures];
    }),
  };
}
