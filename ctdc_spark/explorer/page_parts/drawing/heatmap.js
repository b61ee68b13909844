// A heatmap that is a table: the stronger a cell's background, the larger its count.

import { labelOf, titleOf } from "../words/attributes.js";
import { el, isolated } from "./dom.js";
import { saveMenu } from "../files/downloads.js";
import { facts } from "../words/facts.js";
import { describeSelected } from "./figureframe.js";
import { listParts, nameParts, writeKind, writeLift, writeLong, writeLongLift, writeShort } from "../words/figures.js";
import { drawHeatFigure } from "./heatfigure.js";
import { keepLargest } from "../data/pairs.js";
import { columnOf, payload } from "../data/payload.js";
import { isDrawn } from "../data/quantity.js";
import { change, state, toggle } from "../frame/state.js";
import { formatNumber, t } from "../words/texts.js";

const HEAT_MOST = 30; // rows and columns shown
const STRONGEST = 45; // percent of colour in the background, so that text on it keeps its contrast

/** @typedef {import("../data/figures.js").Pairs} Pairs */

/** @param {Pairs} pairs @param {import("../types.js").Chart} down @param {import("../types.js").Chart} across */
export function drawHeatmap(pairs, down, across) {
  const rows = keepLargest(pairs.rows, HEAT_MOST);
  const columns = keepLargest(pairs.columns, HEAT_MOST);
  const names = { rows: titleOf(down), columns: titleOf(across) };
  const title = t(state.figure === "lift" ? "relations.caption.lift" : "relations.caption", names);
  const size = (/** @type {number} */ row, /** @type {number} */ column) => {
    const found = figureOf(pairs, row, column);
    // of an attribute with itself there is nothing to compare
    return isDrawn(found) && !(state.figure === "lift" && row === column) ? (found.value ?? 0) : 0;
  };
  const most = Math.max(1, ...rows.flatMap((row) => columns.map((column) => size(row, column))));
  const drawFigure = () =>
    drawHeatFigure(title, describeSelected(t("relations.within"), state.selected, t("selection.everyone")), {
      rows,
      columns,
      cell: (row, column) => {
        const { kind } = figureOf(pairs, row, column);
        return { kind, written: writeFigure(pairs, row, column), strength: size(row, column) / most };
      },
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
      ...columns.map((column) => drawCell(pairs, [row, column], size(row, column) / most)),
    ),
  );
  const table = el(
    "table",
    { class: "heat" },
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
      ` ${t("relations.marks", facts)}`,
      state.figure === "lift" ? ` ${t("relations.lift.note")}` : "",
    ),
  );
}

/** @param {Pairs} pairs @param {[number, number]} place @param {number} strength */
function drawCell(pairs, [row, column], strength) {
  const count = figureOf(pairs, row, column);
  const said = state.figure === "lift" ? writeLongLift(count) : writeLong(count);
  const label = t("relations.cell", {
    row: labelOf(row),
    column: labelOf(column),
    kind: writeKind(count),
    figure: said,
  });
  const press = el("button", { type: "button", "aria-label": label, title: label }, writeFigure(pairs, row, column));
  press.addEventListener("click", () => change({ view: "explore", selected: toggleBoth(row, column) }));
  const cell = el("td", { class: `number ${count.kind}` }, press);
  // Through the style object: the security policy refuses style attributes written as text.
  cell.style.setProperty("--heat", `${(STRONGEST * strength).toFixed(1)}%`);
  return cell;
}

/** What a cell shows: a count, or how many times as often as by chance. @param {Pairs} pairs @param {number} row
 * @param {number} column */
function figureOf(pairs, row, column) {
  return state.figure === "lift" ? pairs.lift(row, column) : pairs.count(row, column);
}

/** @param {Pairs} pairs @param {number} row @param {number} column */
function writeFigure(pairs, row, column) {
  const figure = figureOf(pairs, row, column);
  if (state.figure !== "lift") return writeShort(figure);
  return row === column ? "–" : writeLift(figure);
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
  const cells = (/** @type {number} */ id) => [payload.columns[columnOf[id]].name, payload.attributes[id].value];
  const rows = pairs.rows.flatMap((row) =>
    pairs.columns.map((column) => {
      const lift = pairs.lift(row, column);
      const times = row === column ? [null, null, null] : [lift.value, lift.low, lift.high];
      const bounded = times.map((number) => (number === null || Number.isFinite(number) ? number : null));
      return [...cells(row), ...cells(column), ...listParts(pairs.count(row, column)), ...bounded];
    }),
  );
  return {
    title: t("report.both", { rows: titleOf(down), columns: titleOf(across) }),
    head: ["column_1", "value_1", "column_2", "value_2", ...nameParts(), "lift", "lift_low", "lift_high"],
    rows,
  };
}
