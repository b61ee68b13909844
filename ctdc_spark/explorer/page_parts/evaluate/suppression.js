// How much of each column the synthetic records do not hold: reported combinations with no estimate at all.

import { el, isolated } from "../drawing/dom.js";
import { saveMenu } from "../files/downloads.js";
import { columnOf, payload } from "../data/payload.js";
import { drawRow, drawTable } from "../drawing/tables.js";
import { formatNumber, formatShare, t } from "../words/texts.js";

/** @param {import("../types.js").Reported[]} reported */
export function drawSuppression(reported) {
  const rows = countByColumn(reported);
  const title = t("suppression.title");
  const head = ["column", "reported", "missing", "share"].map((name) => t(`suppression.${name}`));
  const drawn = rows.map(([column, all, missing]) =>
    drawRow(
      [isolated(payload.columns[column].label)],
      [formatNumber(all), formatNumber(missing), formatShare(missing / all)],
    ),
  );
  const table = () => ({
    title,
    head,
    rows: rows.map(([column, all, missing]) => [payload.columns[column].name, all, missing, missing / all]),
  });
  return el(
    "article",
    { class: "card", id: "figure-suppression", "aria-labelledby": "suppression-title" },
    el("div", { class: "card-head" }, el("h3", { id: "suppression-title" }, title), saveMenu(title, table, null)),
    drawTable(title, head, drawn),
    el("p", { class: "note" }, t("suppression.note")),
  );
}

/** Column, reported combinations with it, how many of them lack an estimate; the most missing first.
 * @param {import("../types.js").Reported[]} reported @returns {[number, number, number][]} */
function countByColumn(reported) {
  const all = new Uint32Array(payload.columns.length);
  const missing = new Uint32Array(payload.columns.length);
  for (const { columns, estimated } of reported) {
    for (let i = 0; i < estimated.length; i++) {
      let before = -1;
      for (const ids of columns) {
        const column = columnOf[ids[i]];
        if (column === before) continue; // two values of one column
        before = column;
        all[column]++;
        if (estimated[i] === 0) missing[column]++;
      }
    }
  }
  const rows = payload.columns.map(
    (_, column) => /** @type {[number, number, number]} */ ([column, all[column], missing[column]]),
  );
  return rows
    .filter(([, number]) => number > 0)
    .sort((one, other) => other[2] / other[1] - one[2] / one[1] || one[0] - other[0]);
}
