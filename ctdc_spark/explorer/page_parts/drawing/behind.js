// A card with a figure, the table behind it and its files.

import { button, el, isolated } from "./dom.js";
import { saveMenu } from "../files/downloads.js";
import { drawRow, drawTable } from "./tables.js";
import { formatNumber, t } from "../words/texts.js";

/** A figure with the table of the same data.
 * @typedef {{name: string, title: string, note: string, figure: any, table: import("../types.js").Table,
 *   file?: import("../types.js").Table, describe?: () => {notes: string[], kinds: Iterable<string>}}} Figure `file`: the
 *   table for files, if not the one shown; `describe`: for saved pictures */

/** @param {Figure} made */
export function drawBehind({ name, title, note, figure, table, file, describe }) {
  const id = `figure-${name}`;
  const behind = el("div", { hidden: "" });
  const front = el("div", { class: "figure-frame", role: "region", tabindex: "0", "aria-label": title }, figure);
  const switcher = button(t("chart.as_table"), show, {
    class: "small",
    "aria-label": t("chart.as_table.label", { title }),
  });

  function show() {
    const wanted = behind.hidden;
    if (wanted && behind.childElementCount === 0) behind.append(drawFigureTable(table));
    behind.hidden = !wanted;
    front.hidden = wanted;
    switcher.textContent = t(wanted ? "chart.as_chart" : "chart.as_table");
    switcher.setAttribute("aria-label", t(wanted ? "chart.as_chart.label" : "chart.as_table.label", { title }));
  }

  const tools = el(
    "div",
    { class: "card-tools" },
    switcher,
    saveMenu(
      title,
      () => file ?? table,
      () => figure,
      describe,
    ),
  );
  return el(
    "article",
    { class: "card", id, "aria-labelledby": `${id}-title` },
    el("div", { class: "card-head" }, el("h3", { id: `${id}-title` }, isolated(title)), tools),
    front,
    behind,
    el("p", { class: "note" }, note),
  );
}

/** @param {import("../types.js").Table} table */
export function drawFigureTable(table) {
  const write = (/** @type {string|number|null} */ cell) =>
    typeof cell === "number" ? formatNumber(cell) : (cell ?? "");
  const rows = table.rows.map(([head, ...cells]) => drawRow([isolated(write(head))], cells.map(write)));
  return drawTable(table.title, table.head, rows);
}
