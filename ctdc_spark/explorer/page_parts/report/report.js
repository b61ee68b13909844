// The Report view: statistical tables of the whole release, to print and to use in other programs.

import { orderIds, titleOf } from "../words/attributes.js";
import { countRecords } from "../data/counting.js";
import { button, byId, choice, el, isolated } from "../drawing/dom.js";
import { fileStem, saveBlob, saveText, writeCsv } from "../files/downloads.js";
import { facts } from "../words/facts.js";
import { plainActual, writeActual, writeActualShort, writeCount } from "../words/figures.js";
import { findActual } from "../data/lookup.js";
import { makePairs } from "../data/pairs.js";
import { payload, release } from "../data/payload.js";
import { drawRow, drawTable } from "../drawing/tables.js";
import { tableOfPairs } from "../drawing/heatmap.js";
import { formatDate, formatNumber, formatShare, lookUp, t } from "../words/texts.js";
import { writeWorkbook } from "../files/workbook.js";

/** @typedef {import("../types.js").Table} Table */
/** A table of the report: on the page and for files. @typedef {{element: HTMLElement, table: Table}} Entry */

/** @param {import("../types.js").Model} model */
export function buildReport(model) {
  const counted = countRecords(model.records, []);
  const filled = payload.charts.flatMap((chart, position) => (chart.start < chart.end ? [position] : []));
  const oneWay = payload.charts.map((_, position) => makeOneWay(model, counted, position));
  const twoWay = el("div", {});
  /** @type {Entry[]} */
  const pairs = [];

  /** @param {number} one @param {number} other */
  function add(one, other) {
    if (one === other) return;
    const entry = makeTwoWay(model, one, other, () => {
      pairs.splice(pairs.indexOf(entry), 1);
      entry.element.remove();
    });
    pairs.push(entry);
    twoWay.append(entry.element);
  }

  const tables = () => [makeNotes(), ...oneWay.map((entry) => entry.table), ...pairs.map((entry) => entry.table)];
  byId("report-body").append(
    drawTools(tables),
    drawBasis(),
    el("h3", {}, t("report.one")),
    el("div", { class: "report-tables" }, ...oneWay.map((entry) => entry.element)),
    el("h3", {}, t("report.two")),
    drawChooser(filled, add),
    twoWay,
  );
  if (filled.length > 1) add(filled[0], filled[1]);
}

/** @param {() => Table[]} tables */
function drawTools(tables) {
  const type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
  const saveWorkbook = () => saveBlob(`${fileStem("report")}.xlsx`, new Blob([writeWorkbook(tables())], { type }));
  const saveCsv = () =>
    saveText(
      `${fileStem("report")}.csv`,
      "text/csv",
      `\ufeff${tables()
        .map((table) => writeCsv({ ...table, head: [table.title, ...table.head.slice(1)] }))
        .join("\r\n")}`,
    );
  return el(
    "div",
    { class: "toolbar plain no-print" },
    button(t("report.print"), () => print()),
    button(t("report.xlsx"), saveWorkbook),
    button(t("report.csv"), saveCsv),
  );
}

function writeDate() {
  return release.published_at === null
    ? t("report.undated")
    : t("report.asof", { date: formatDate(release.published_at) });
}

function writeBasis() {
  const subjects = release.subjects === null ? t("number.withheld", facts) : formatNumber(release.subjects);
  return t("report.basis", { ...facts, subjects });
}

/** @returns {string[]} */
function listLimits() {
  return lookUp("about.sections")[1].items;
}

function drawBasis() {
  return el(
    "div",
    { class: "basis" },
    el("p", {}, el("strong", {}, writeDate()), " ", writeBasis()),
    el("h3", {}, t("report.notes")),
    el("ul", {}, ...listLimits().map((item) => el("li", {}, item))),
  );
}

/** The first sheet, which describes the others. @returns {Table} */
function makeNotes() {
  const rows = [writeDate(), writeBasis(), facts.guarantee, ...listLimits()].map((text) => [text]);
  return { title: release.title, head: [t("report.notes.sheet")], rows };
}

/** @param {import("../types.js").Model} model @param {import("../types.js").Counted} counted @param {number} position
 * @returns {Entry} */
function makeOneWay(model, counted, position) {
  const chart = payload.charts[position];
  const information = counted.information[position];
  const title = t("report.table", { number: formatNumber(position + 1), title: titleOf(chart) });
  const head = ["attribute", "actual", "estimated", "share"].map((name) => t(`table.${name}`));
  const bars = orderIds(chart, "auto").map((id) => ({
    id,
    estimated: counted.estimated[id],
    actual: findActual(model.reported, [id]),
  }));
  const rows = bars.map(({ id, estimated, actual }) =>
    drawRow(
      [isolated(payload.attributes[id].label)],
      [writeActual(actual), writeCount(estimated), writeCount(estimated, information)],
    ),
  );
  rows.push(
    drawRow([el("strong", {}, t("report.total"))], ["", writeCount(information), writeCount(information, information)]),
  );
  const withheld = bars.filter((bar) => bar.actual < 0).length;
  const share = release.records > 0 ? formatShare(information / release.records) : "–";
  const base = t("report.denominator", { records: formatNumber(information), share });
  const note =
    chart.start === chart.end
      ? t("chart.empty", facts)
      : withheld > 0
        ? `${base} ${t("report.withheld", { number: formatNumber(withheld) })}`
        : base;
  const values = bars.map(({ id, estimated, actual }) => [
    payload.attributes[id].label,
    plainActual(actual),
    estimated,
    information > 0 ? estimated / information : null,
  ]);
  const table = { title, head, rows: [...values, [t("report.total"), null, information, null]] };
  return { element: frameTable(title, drawTable(title, head, rows), note, null), table };
}

/** @param {import("../types.js").Model} model @param {number} one @param {number} other @param {() => void} remove
 * @returns {Entry} */
function makeTwoWay(model, one, other, remove) {
  const [down, across] = [payload.charts[one], payload.charts[other]];
  const pairs = makePairs(model, one, other, []);
  const title = t("report.both", { rows: titleOf(down), columns: titleOf(across) });
  const head = [titleOf(down), ...pairs.columns.map((id) => payload.attributes[id].label)];
  const cell = (/** @type {number} */ row, /** @type {number} */ column) =>
    `${writeActualShort(pairs.actual(row, column))} (${writeCount(pairs.estimated(row, column))})`;
  const rows = pairs.rows.map((row) =>
    drawRow(
      [isolated(payload.attributes[row].label)],
      pairs.columns.map((column) => cell(row, column)),
    ),
  );
  const close = button(t("report.remove"), remove, {
    class: "small no-print",
    "aria-label": `${t("report.remove")}: ${title}`,
  });
  return {
    element: frameTable(title, drawTable(title, head, rows), t("report.cells"), close),
    table: tableOfPairs(pairs, down, across),
  };
}

/** @param {string} title @param {HTMLElement} table @param {string} note @param {HTMLElement|null} tool */
function frameTable(title, table, note, tool) {
  const head = el("div", { class: "card-head" }, el("h4", {}, isolated(title)), tool);
  return el("section", { class: "card report-table" }, head, table, el("p", { class: "note" }, note));
}

/** @param {number[]} charts @param {(one: number, other: number) => void} add */
function drawChooser(charts, add) {
  const options = charts.map(
    (position) => /** @type {[string, string]} */ ([String(position), titleOf(payload.charts[position])]),
  );
  const chosen = { rows: charts[0], columns: charts[1] };
  return el(
    "div",
    { class: "toolbar plain no-print" },
    choice(t("report.rows"), options, String(charts[0]), (value) => (chosen.rows = Number(value))),
    choice(t("report.columns"), options, String(charts[1]), (value) => (chosen.columns = Number(value))),
    button(t("report.add"), () => add(chosen.rows, chosen.columns)),
  );
}
