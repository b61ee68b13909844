// One chart under two selections: bars of shares, or a table of all figures.

import { labelOf, titleOf } from "../words/attributes.js";
import { el, hidden, isolated } from "../drawing/dom.js";
import { plainActual, writeActual, writeCount } from "../words/figures.js";
import { columnOf, payload } from "../data/payload.js";
import { drawRow, drawTable } from "../drawing/tables.js";
import { formatDifference, formatShare, t } from "../words/texts.js";

/** One of the two selections with its counts.
 * @typedef {{selected: number[], counted: import("../types.js").Counted, actual: number,
 *   actualOf: (id: number) => number}} Side */
/** @typedef {{id: number, shares: number[]}} Row */

/** @param {string} title @param {Row[]} rows @param {{chart: import("../types.js").Chart, sides: Side[]}|null} asTable */
export function drawComparison(title, rows, asTable) {
  return asTable ? drawComparisonTable(title, rows, asTable.sides) : drawComparisonBars(rows);
}

/** @param {Row[]} rows */
function drawComparisonBars(rows) {
  const scale = Math.max(0.0001, ...rows.flatMap((row) => row.shares));
  const head = el(
    "div",
    { class: "bar head triple", "aria-hidden": "true" },
    el("span"),
    ...[t("compare.a.short"), t("compare.b.short"), t("compare.difference")].map((text) =>
      el("span", { class: "count" }, text),
    ),
  );
  const list = el("ul", { class: "bars triple", role: "list" });
  for (const { id, shares } of rows) {
    const lines = shares.map((share, side) => {
      const line = el("span", { class: `line ${side === 0 ? "side-a" : "side-b"}` });
      line.style.inlineSize = `${((100 * share) / scale).toFixed(2)}%`;
      return line;
    });
    const item = el(
      "li",
      { class: "bar" },
      el("span", { class: "name", title: labelOf(id) }, isolated(labelOf(id))),
      el("span", { class: "lines", "aria-hidden": "true" }, ...lines),
      el("span", { class: "count" }, hidden(`${t("compare.a")}: `), formatShare(shares[0])),
      el("span", { class: "count" }, hidden(`${t("compare.b")}: `), formatShare(shares[1])),
      el("span", { class: "count" }, hidden(`${t("compare.difference")}: `), writePoints(shares)),
    );
    item.dataset.column = payload.columns[columnOf[id]].name;
    item.dataset.value = payload.attributes[id].value;
    list.append(item);
  }
  return el("div", {}, head, list);
}

/** @param {number[]} shares */
function writePoints([a, b]) {
  return t("compare.points", { points: formatDifference(Math.round(1000 * (b - a)) / 10) });
}

/** @param {string} title @param {Row[]} rows @param {Side[]} sides */
function drawComparisonTable(title, rows, sides) {
  const groups = [t("compare.a"), t("compare.b")];
  const names = groups.flatMap((group) =>
    ["estimated", "share", "actual"].map((name) => t(`compare.${name}`, { group })),
  );
  const drawn = rows.map(({ id, shares }) => {
    const figures = sides.flatMap((side, i) => [
      writeCount(side.counted.estimated[id]),
      formatShare(shares[i]),
      writeActual(side.actualOf(id)),
    ]);
    return drawRow([isolated(labelOf(id))], [...figures, writePoints(shares)]);
  });
  return drawTable(t("compare.caption", { title }), [t("table.attribute"), ...names, t("compare.difference")], drawn);
}

/** @param {import("../types.js").Chart} chart @param {Row[]} rows @param {Side[]} sides
 * @returns {import("../types.js").Table} */
export function tableOfComparison(chart, rows, sides) {
  const head = [
    "column",
    "value",
    "label",
    ...["a", "b"].flatMap((side) => [`estimated_${side}`, `share_${side}`, `actual_${side}`]),
  ];
  return {
    title: titleOf(chart),
    head,
    rows: rows.map(({ id, shares }) => {
      const { column, value, label } = payload.attributes[id];
      const figures = sides.flatMap((side, i) => [
        side.counted.estimated[id],
        shares[i],
        plainActual(side.actualOf(id)),
      ]);
      return [payload.columns[column].name, value, label, ...figures];
    }),
  };
}
