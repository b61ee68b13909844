// A heatmap that is a table: the stronger a cell's background, the larger its count.

import { labelOf, titleOf } from "../words/attributes.js";
import { el, isolated } from "./dom.js";
import { saveMenu } from "../files/downloads.js";
import { facts } from "../words/facts.js";
import { describeSelected } from "./figureframe.js";
import { plainActual, writeActual, writeActualShort, writeCount } from "../words/figures.js";
import { drawHeatFigure } from "./heatfigure.js";
import { keepLargest } from "../data/pairs.js";
import { change, state, toggle } from "../frame/state.js";
import { formatNumber, t } from "../words/texts.js";

const HEAT_MOST = 30; // rows and columns shown
const STRONGEST = 45; // percent of colour in the background, so that text on it keeps its contrast

/** @typedef {import("../data/pairs.js").Pairs} Pairs */

/** @param {Pairs} pairs @param {import("../types.js").Chart} down @param {import("../types.js").Chart} across */
export function drawHeatmap(pairs, down, across) {
  const rows = keepLargest(pairs.rows, HEAT_MOST);
  const columns = keepLargest(pairs.columns, HEAT_MOST);
  const names = { rows: titleOf(down), columns: titleOf(across) };
  const title = t("relations.caption", { ...names, kind: t(`relations.kind.${state.kind}`) });
  const figure = (/** @type {number} */ row, /** @type {number} */ column) =>
    state.kind === "actual" ? pairs.actual(row, column) : pairs.estimated(row, column);
  const most = Math.max(1, ...rows.flatMap((row) => columns.map((column) => figure(row, column))));
  const drawFigure = () =>
    drawHeatFigure(title, describeSelected(t("relations.within"), state.selected), state.kind, {
      rows,
      columns,
      write: (row, column) => writeShort(pairs, row, column),
      strength: (row, column) => Math.max(0, figure(row, column) / most),
    });
  const head = el(
    "tr",
    {},
    el("th", { scope: "col" }, isolated(names.rows)),
    ...columns.map((id) => el("th", { scope: "col", class: "number" }, isolated(labelOf(id)))),
  );
  const body = rows.map((row) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, isolated(labelOf(row))),
      ...columns.map((column) => drawCell(pairs, [row, column], figure(row, column) / most)),
    ),
  );
  const table = el(
    "table",
    { class: `heat ${state.kind}` },
    el("caption", { class: "hear" }, title),
    el("thead", {}, head),
    el("tbody", {}, ...body),
  );
  const cut = rows.length < pairs.rows.length || columns.length < pairs.columns.length;
  return el(
    "article",
    { class: "card", id: "heatmap", "aria-labelledby": "heatmap-title" },
    el(
      "div",
      { class: "card-head" },
      el("h3", { id: "heatmap-title" }, isolated(title)),
      saveMenu(title, () => tableOfPairs(pairs, down, across), drawFigure),
    ),
    el("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": title }, table),
    el(
      "p",
      { class: "note" },
      t("relations.press"),
      cut ? ` ${t("relations.cut", { number: formatNumber(HEAT_MOST) })}` : "",
      ` ${t("key.withheld")}: ${t("number.withheld", facts)}.`,
    ),
  );
}

/** @param {Pairs} pairs @param {[number, number]} place @param {number} strength */
function drawCell(pairs, [row, column], strength) {
  const estimated = pairs.estimated(row, column);
  const actual = pairs.actual(row, column);
  const said = {
    row: labelOf(row),
    column: labelOf(column),
    estimated: writeCount(estimated),
    actual: writeActual(actual),
  };
  const label = t("relations.cell", said);
  const press = el("button", { type: "button", "aria-label": label, title: label }, writeShort(pairs, row, column));
  press.addEventListener("click", () => change({ view: "explore", selected: toggleBoth(row, column) }));
  const cell = el("td", { class: "number" }, press);
  // Through the style object: the security policy refuses style attributes written as text.
  cell.style.setProperty("--heat", `${Math.max(0, STRONGEST * strength).toFixed(1)}%`);
  return cell;
}

/** The figure of a cell, of the selected kind. @param {Pairs} pairs @param {number} row @param {number} column */
function writeShort(pairs, row, column) {
  return state.kind === "actual"
    ? writeActualShort(pairs.actual(row, column))
    : writeCount(pairs.estimated(row, column));
}

/** @param {number} row @param {number} column */
function toggleBoth(row, column) {
  return [row, column].reduce(
    (selected, id) => (selected.includes(id) ? selected : toggle(selected, id)),
    state.selected,
  );
}

/** @param {Pairs} pairs @param {import("../types.js").Chart} down @param {import("../types.js").Chart} across
 * @returns {import("../types.js").Table} */
export function tableOfPairs(pairs, down, across) {
  const rows = pairs.rows.flatMap((row) =>
    pairs.columns.map((column) => [
      labelOf(row),
      labelOf(column),
      pairs.estimated(row, column),
      plainActual(pairs.actual(row, column)),
    ]),
  );
  return {
    title: t("report.both", { rows: titleOf(down), columns: titleOf(across) }),
    head: [titleOf(down), titleOf(across), "estimated", "actual"],
    rows,
  };
}
