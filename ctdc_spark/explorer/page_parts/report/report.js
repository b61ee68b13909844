// The Report view: statistical tables of the whole release, to print and to use in other programs.

import { isYears, labelOf, orderIds, titleOf } from "../words/attributes.js";
import { figuresUnder, pairsUnder } from "../data/figures.js";
import { button, byId, choice, el, isolated } from "../drawing/dom.js";
import { addContext } from "../files/context.js";
import { fileStem, saveBlob, saveText, writeCsv } from "../files/downloads.js";
import { facts } from "../words/facts.js";
import { listParts, nameParts, writeBase, writeKind, writeLong, writeLongShare, writeShort } from "../words/figures.js";
import { payload, release } from "../data/payload.js";
import { drawChips } from "../frame/selection.js";
import { change, state } from "../frame/state.js";
import { drawRow, drawTable } from "../drawing/tables.js";
import { describeSelected } from "../drawing/figureframe.js";
import { tableOfPairs } from "../drawing/heatmap.js";
import { formatDate, formatNumber, lookUp, t } from "../words/texts.js";
import { writeWorkbook } from "../files/workbook.js";

/** @typedef {import("../types.js").Table} Table */
/** A table of the report: on the page and for files. @typedef {{element: HTMLElement, table: Table}} Entry */

/** @param {import("../types.js").Model} model */
export function buildReport(model) {
  const filled = payload.charts.flatMap((chart, position) => (chart.start < chart.end ? [position] : []));
  const within = el("div", { class: "selection strip" });
  const oneWay = el("div", { class: "report-tables" });
  const twoWay = el("div", {});
  /** @type {[number, number][]} */
  const pairs = filled.length > 1 ? [[filled[0], filled[1]]] : [];
  let entries = /** @type {Entry[]} */ ([]);
  let drawn = "";

  /** @param {number} one @param {number} other */
  function add(one, other) {
    if (one !== other) draw(() => pairs.push([one, other]));
  }

  /** @param {() => void} alter */
  function draw(alter) {
    alter();
    const figures = figuresUnder(model, state.selected, { facets: false });
    const singles = payload.charts.map((_, position) => makeOneWay(figures, position));
    const doubles = pairs.map((pair) =>
      makeTwoWay(model, pair, () => draw(() => pairs.splice(pairs.indexOf(pair), 1))),
    );
    entries = [...singles, ...doubles];
    within.replaceChildren(el("span", { class: "eyebrow" }, t("relations.within")), drawWithin(figures.whole));
    oneWay.replaceChildren(...singles.map(({ element }) => element));
    twoWay.replaceChildren(...doubles.map(({ element }) => element));
  }

  const tables = () => [makeNotes(), ...entries.map(({ table }) => table)];
  byId("report-body").append(
    drawTools(tables),
    within,
    drawBasis(),
    el("h3", {}, t("report.one")),
    oneWay,
    el("h3", {}, t("report.two")),
    drawChooser(filled, add),
    twoWay,
  );
  return () => {
    const wanted = state.selected.join();
    if (drawn === wanted && entries.length > 0) return;
    drawn = wanted;
    draw(() => {});
  };
}

/** @param {import("../data/quantity.js").Quantity} whole */
function drawWithin(whole) {
  const chips =
    state.selected.length > 0
      ? drawChips(state.selected, (selected) => change({ selected }))
      : el("span", {}, t("selection.everyone"));
  return el("div", { class: "strip" }, chips, el("span", {}, `${t("table.count")}: ${writeLong(whole)}`));
}

/** @param {() => Table[]} tables */
function drawTools(tables) {
  const type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
  const saveWorkbook = () => {
    const [notes, ...others] = tables();
    const sheets = [notes, makeContents(others), ...others];
    saveBlob(`${fileStem("report")}.xlsx`, new Blob([writeWorkbook(sheets)], { type }));
  };
  const saveCsv = () =>
    saveText(
      `${fileStem("report")}.csv`,
      "text/csv",
      `\ufeff${tables()
        .map((table) => writeCsv({ ...addContext(table), head: [table.title, ...addContext(table).head.slice(1)] }))
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
  const selection = describeSelected(t("relations.within"), state.selected, t("selection.everyone"));
  const texts = [t("byline", facts), selection, writeDate(), writeBasis(), t("table.note"), facts.guarantee];
  const rows = [...texts, ...listLimits()].map((text) => [text]);
  return { title: release.title, sheet: t("report.notes.sheet"), head: [t("report.notes.sheet")], rows };
}

/** The second sheet, with a link to each of the others. @param {Table[]} tables @returns {Table} */
function makeContents(tables) {
  const head = [t("report.contents.table"), t("report.contents.rows")];
  const rows = tables.map(({ title, rows: { length } }) => [title, length]);
  return { title: t("report.contents"), head, rows, lists: true };
}

/** @param {import("../data/figures.js").Figures} figures @param {number} position @returns {Entry} */
function makeOneWay(figures, position) {
  const chart = payload.charts[position];
  const title = t("report.table", { number: formatNumber(position + 1), title: titleOf(chart) });
  const bars = orderIds(chart, "auto").map(figures.bar);
  const rows = bars.map(({ id, count, share }) =>
    drawRow([isolated(labelOf(id))], [writeLong(count), writeKind(count), writeLongShare(share)]),
  );
  const { whole } = figures;
  rows.push(drawRow([el("strong", {}, t("report.total"))], [writeLong(whole), writeKind(whole), ""]));
  const withheld = bars.filter(({ count }) => count.kind === "withheld").length;
  const missing = withheld > 0 ? [t("report.withheld", { number: formatNumber(withheld) })] : [];
  const estimated = bars.some(({ count }) => count.kind === "estimate") ? [t("report.estimates")] : [];
  const notes = [writeBase(figures, position), ...missing, ...estimated];
  const table = {
    title,
    sheet: titleOf(chart),
    head: [t("table.attribute"), ...nameParts(), "share", "share_low", "share_high"],
    rows: bars.map(({ id, count, share }) => [
      isYears(chart) && /^\d{4}$/.test(labelOf(id)) ? Number(labelOf(id)) : labelOf(id),
      ...listParts(count),
      share.value,
      share.low,
      share.high,
    ]),
  };
  const head = ["attribute", "count", "kind", "share"].map((name) => t(`table.${name}`));
  const note = chart.start === chart.end ? t("chart.empty", facts) : notes.join(" ");
  return { element: frameTable(title, drawTable(title, head, rows), note, null), table };
}

/** @param {import("../types.js").Model} model @param {[number, number]} positions @param {() => void} remove
 * @returns {Entry} */
function makeTwoWay(model, positions, remove) {
  const [down, across] = positions.map((position) => payload.charts[position]);
  const [one, other] = positions.map((position) => ({ ids: orderIds(payload.charts[position], "auto"), position }));
  const pairs = pairsUnder(model, one, other, state.selected);
  const title = t("report.both", { rows: titleOf(down), columns: titleOf(across) });
  const head = [titleOf(down), ...pairs.columns.map((id) => labelOf(id))];
  const rows = pairs.rows.map((row) =>
    drawRow(
      [isolated(labelOf(row))],
      pairs.columns.map((column) => writeShort(pairs.count(row, column))),
    ),
  );
  const close = button(t("report.remove"), remove, {
    class: "small no-print",
    "aria-label": `${t("report.remove")}: ${title}`,
  });
  return {
    element: frameTable(title, drawTable(title, head, rows), t("report.cells", facts), close),
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
