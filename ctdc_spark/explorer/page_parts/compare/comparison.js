// One chart under two selections: bars of shares, or a table of all figures.

import { labelOf, titleOf } from "../words/attributes.js";
import { el, hidden, isolated } from "../drawing/dom.js";
import { markOf } from "../drawing/marks.js";
import {
  listParts,
  nameParts,
  writeKind,
  writeLong,
  writeLongShare,
  writePoints,
  writeShortShare,
} from "../words/figures.js";
import { columnOf, payload } from "../data/payload.js";
import { isDrawn } from "../data/quantity.js";
import { drawRow, drawTable } from "../drawing/tables.js";
import { t } from "../words/texts.js";

/** @typedef {import("../data/quantity.js").Quantity} Quantity */
/** One of the two selections with its figures.
 * @typedef {{selected: number[], figures: import("../data/figures.js").Figures}} Side */
/** @typedef {{id: number, counts: Quantity[], shares: Quantity[]}} Row */

const SIDES = /** @type {const} */ (["a", "b"]);

/** @param {string} title @param {Row[]} rows @param {boolean} asTable */
export function drawComparison(title, rows, asTable) {
  return asTable ? drawComparisonTable(title, rows) : drawComparisonBars(rows);
}

/** @param {Row[]} rows */
function drawComparisonBars(rows) {
  const size = (/** @type {Quantity} */ share) => (isDrawn(share) ? (share.value ?? 0) : 0);
  const scale = Math.max(0.0001, ...rows.flatMap((row) => row.shares.map(size)));
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
      const line = el("span", { class: `line side-${SIDES[side]} ${markOf(share)}` });
      if (isDrawn(share)) line.style.inlineSize = `${((100 * size(share)) / scale).toFixed(2)}%`;
      return line;
    });
    const figures = shares.map((share, side) => {
      const said = `${writeKind(share)}, ${writeLongShare(share)}`;
      const seen = el("span", { "aria-hidden": "true", title: said }, writeShortShare(share));
      return el("span", { class: "count" }, hidden(`${t(`compare.${SIDES[side]}`)}: ${said}`), seen);
    });
    const item = el(
      "li",
      { class: "bar" },
      el("span", { class: "name", title: labelOf(id) }, isolated(labelOf(id))),
      el("span", { class: "lines", "aria-hidden": "true" }, ...lines),
      ...figures,
      el("span", { class: "count" }, hidden(`${t("compare.difference")}: `), writePoints(shares[0], shares[1])),
    );
    item.dataset.column = payload.columns[columnOf[id]].name;
    item.dataset.value = payload.attributes[id].value;
    list.append(item);
  }
  return el("div", {}, head, list);
}

/** @param {string} title @param {Row[]} rows */
function drawComparisonTable(title, rows) {
  const groups = [t("compare.a"), t("compare.b")];
  const names = groups.flatMap((group) => ["count", "share"].map((name) => t(`compare.${name}`, { group })));
  const drawn = rows.map(({ id, counts, shares }) => {
    const figures = counts.flatMap((count, side) => [writeLong(count), writeLongShare(shares[side])]);
    return drawRow([isolated(labelOf(id))], [...figures, writePoints(shares[0], shares[1])]);
  });
  return drawTable(t("compare.caption", { title }), [t("table.attribute"), ...names, t("compare.difference")], drawn);
}

/** @param {import("../types.js").Chart} chart @param {Row[]} rows @returns {import("../types.js").Table} */
export function tableOfComparison(chart, rows) {
  const parts = SIDES.flatMap((side) => [
    ...nameParts("count", `_${side}`),
    ...["share", "share_low", "share_high"].map((name) => `${name}_${side}`),
  ]);
  return {
    title: titleOf(chart),
    head: ["column", "value", "label", ...parts],
    rows: rows.map(({ id, counts, shares }) => {
      const { column, value } = payload.attributes[id];
      const figures = counts.flatMap((count, side) => {
        const share = shares[side];
        return [...listParts(count), share.value, share.low, share.high];
      });
      return [payload.columns[column].name, value, labelOf(id), ...figures];
    }),
  };
}
