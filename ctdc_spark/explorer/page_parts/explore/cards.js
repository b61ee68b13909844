// A card holds one chart with its heading, its bars or their table, its files and its notes.

import { isOrdered, matcher, orderIds, titleOf } from "../words/attributes.js";
import { drawBarFigure } from "../drawing/barfigure.js";
import { makeHead, makeRow } from "./bars.js";
import { writeCoverage } from "../words/coverage.js";
import { button, el, isolated } from "../drawing/dom.js";
import { saveMenu } from "../files/downloads.js";
import { facts } from "../words/facts.js";
import { payload } from "../data/payload.js";
import { state } from "../frame/state.js";
import { drawBarTable, tableOfBars } from "../drawing/tables.js";
import { formatNumber, t } from "../words/texts.js";

const FIRST = 10; // attributes shown before "Show all"
const FIRST_ORDERED = 24; // the same for years or ages: the first few alone would show little
const SLACK = 2; // do not hide one or two: the button would take as much room

/** @typedef {import("../words/attributes.js").Bar} Bar */
/** What a card shows: figures by attribute, the denominator, and the number of all counted records.
 * @typedef {{figure: (id: number) => Bar, information: number, total: number}} Figures */

/** Make the card of a chart; `update` shows figures and returns how many attributes are shown.
 * @param {number} position @param {(id: number) => void} press */
export function makeCard(position, press) {
  const chart = payload.charts[position];
  const title = titleOf(chart);
  const first = isOrdered(chart) ? FIRST_ORDERED : FIRST;
  const rows = new Map();
  const own = { table: false, expanded: false };
  let asked = "";
  let drawn = "";
  let ids = /** @type {number[]} */ ([]);
  /** @type {Figures} */
  let latest = { figure: (id) => ({ id, estimated: 0, actual: 0, margin: 0 }), information: 0, total: 0 };

  const list = el("ul", { class: "bars", role: "list" });
  const behind = el("div");
  const empty = el("p", { class: "note" }, t("chart.empty", facts));
  const switcher = button("", () => show({ table: !own.table }), { class: "small" });
  const more = button("", () => show({ expanded: !own.expanded }), { class: "more" });
  const note = el("p", { class: "note" });
  const heading = el("h3", { id: `chart-${position}-title`, tabindex: "-1", title }, isolated(title));
  const whole = () => (state.shares ? latest.information : undefined);
  const bars = () => ids.map(latest.figure);
  const menu = saveMenu(
    title,
    () => tableOfBars(chart, bars(), latest.information),
    () => drawBarFigure(chart, bars(), state.selected, whole()),
  );
  const barsBody = el("div", {}, makeHead(), list);
  const element = el(
    "article",
    { class: "card", id: `chart-${position}`, "aria-labelledby": heading.id },
    el(
      "div",
      { class: "card-head" },
      el("div", {}, ...drawEyebrow(chart, title), heading),
      el("div", { class: "card-tools" }, switcher, menu),
    ),
    el("div", { class: "body" }, chart.start === chart.end ? empty : barsBody, behind),
    el("div", { class: "card-foot" }, more, note),
  );

  /** @param {Partial<typeof own>} changes */
  function show(changes) {
    Object.assign(own, changes);
    draw();
  }

  /** @param {Figures} figures */
  function update(figures) {
    latest = figures;
    const wanted = JSON.stringify([state.sort, state.search, state.smallest]);
    if (wanted !== asked || state.smallest > 0) {
      const matches = matcher(state.search);
      const largest = (/** @type {Bar} */ bar) => Math.max(bar.estimated, bar.actual);
      ids = orderIds(chart, state.sort).filter((id) => matches(id) && largest(figures.figure(id)) >= state.smallest);
      if (state.sort === "count") ids = sortByCount(ids, figures.figure);
      asked = wanted;
    } else if (state.sort === "count") ids = sortByCount(ids, figures.figure);
    draw();
    // A chart whose values are all withheld stays visible until something is searched for.
    element.hidden = ids.length === 0 && (chart.start < chart.end || state.search !== "");
    return ids.length;
  }

  function draw() {
    const limit = own.expanded || ids.length <= first + SLACK ? ids.length : first;
    switcher.textContent = t(own.table ? "chart.as_chart" : "chart.as_table");
    switcher.setAttribute("aria-label", t(own.table ? "chart.as_chart.label" : "chart.as_table.label", { title }));
    more.hidden = own.table || ids.length <= first + SLACK;
    more.textContent = own.expanded
      ? t("chart.fewer", { number: first })
      : t("chart.more", { number: formatNumber(ids.length) });
    more.setAttribute("aria-expanded", String(own.expanded));
    barsBody.hidden = own.table;
    behind.replaceChildren(
      ...(own.table && chart.start < chart.end ? [drawBarTable(chart, bars(), latest.information)] : []),
    );
    if (!own.table) drawRows(ids.slice(0, limit));
    note.textContent = writeInformation(payload.coverage.charts[position], latest);
  }

  /** @param {number[]} shown */
  function drawRows(shown) {
    const key = shown.join();
    for (const id of shown) if (!rows.has(id)) rows.set(id, makeRow(id, press));
    if (key !== drawn) list.replaceChildren(...shown.map((id) => rows.get(id).element));
    drawn = key;
    // the scale is that of all attributes, not only of the visible ones
    let scale = 1;
    for (let id = chart.start; id < chart.end; id++) {
      const { estimated, actual, margin } = latest.figure(id);
      scale = Math.max(scale, estimated, actual < 0 ? 0 : actual + margin);
    }
    for (const id of shown) {
      rows.get(id).update(latest.figure(id), scale, whole());
      rows.get(id).setPressed(state.selected.includes(id));
    }
  }

  return { chart, element, title, update, showTable: (/** @type {boolean} */ table) => show({ table }) };
}

/** @param {number[]} ids @param {(id: number) => Bar} figure */
function sortByCount(ids, figure) {
  const key = (/** @type {number} */ id) => Math.max(0, figure(id).actual) || figure(id).estimated;
  return [...ids].sort((one, other) => key(other) - key(one) || one - other);
}

/** The group above the title, unless the title already is the group's name.
 * @param {import("../types.js").Chart} chart @param {string} title */
function drawEyebrow(chart, title) {
  const group = chart.group ?? "";
  return group === "" || group === title ? [] : [el("p", { class: "eyebrow" }, isolated(group))];
}

/** How many people have information here; of the synthetic records, only what percentages are of.
 * @param {import("../types.js").Covered|null} covered @param {Figures} figures */
function writeInformation(covered, { information, total }) {
  const base = t("chart.base", { records: formatNumber(information), all: formatNumber(total) });
  const known = covered === null ? "" : writeCoverage(covered);
  return known === "" ? base : state.shares ? `${known} ${base}` : known;
}

/**
 * Place cards of unequal height without gaps, in order: the grid has rows of one pixel, and each card spans as many as
 * it is high.
 * @param {HTMLElement} container @param {HTMLElement[]} elements
 */
export function packCards(container, elements) {
  const measure = (/** @type {Element[]} */ changed) => {
    const gap = Number.parseFloat(getComputedStyle(container).columnGap) || 0;
    const heights = changed.map((element) => element.getBoundingClientRect().height);
    changed.forEach((element, position) => {
      /** @type {HTMLElement} */ (element).style.gridRowEnd = `span ${Math.ceil(heights[position] + gap)}`;
    });
  };
  const observer = new ResizeObserver((entries) => measure(entries.map((entry) => entry.target)));
  for (const element of elements) observer.observe(element);
  container.classList.add("packed");
}
