// A card holds one chart with its heading, its bars or their table, its files and its notes.

import { isOrdered, matcher, orderIds, titleOf } from "../words/attributes.js";
import { drawBarFigure } from "../drawing/barfigure.js";
import { makeHead, makeRow, scaleOf } from "./bars.js";
import { button, el, isolated } from "../drawing/dom.js";
import { rove } from "../drawing/roving.js";
import { saveMenu } from "../files/downloads.js";
import { facts } from "../words/facts.js";
import { payload } from "../data/payload.js";
import { copyButton } from "../frame/selection.js";
import { state, writeFragment } from "../frame/state.js";
import { drawBarTable, tableOfBars } from "../drawing/tables.js";
import { formatNumber, t } from "../words/texts.js";
import { writeBase } from "../words/figures.js";
import { writeCoverage } from "../words/coverage.js";

const FIRST = 10; // attributes shown before "Show all"
const FIRST_ORDERED = 24; // the same for years or ages: the first few alone would show little
const SLACK = 2; // do not hide one or two: the button would take as much room

/** @typedef {import("../data/figures.js").Bar} Bar */
/** @typedef {import("../data/figures.js").Figures} Figures */

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
  let latest = /** @type {Figures} */ (/** @type {unknown} */ (null)); // set by the first update

  const list = el("ul", { class: "bars", role: "list" });
  const behind = el("div");
  const empty = el("p", { class: "note" }, t("chart.empty", facts));
  const switcher = button("", () => show({ table: !own.table }), { class: "small" });
  const more = button("", () => show({ expanded: !own.expanded }), { class: "more" });
  const note = el("p", { class: "note" });
  const heading = el("h3", { id: `chart-${position}-title`, tabindex: "-1", title }, isolated(title));
  const bars = () => ids.map(latest.bar);
  const menu = saveMenu(
    title,
    () => tableOfBars(chart, bars()),
    () => drawBarFigure(chart, bars(), state.selected, state.shares),
  );
  const only = payload.columns[chart.columns[0]].name;
  const link = copyButton("embed.copy", () => writeFragment({ ...state, view: "explore", only }), {
    "aria-label": t("embed.label", { title }),
  });
  menu.querySelector(".menu-list").append(link);
  const tools = el("div", { class: "card-tools" }, switcher, menu);
  const updateTools = rove(tools, ":scope > button, :scope > details > summary");
  const head = makeHead();
  const updateStops = rove(list);
  const barsBody = el("div", {}, head.element, list);
  const element = el(
    "article",
    { class: "card", id: `chart-${position}`, "aria-labelledby": heading.id },
    el("div", { class: "card-head" }, el("div", {}, ...drawEyebrow(chart, title), heading), tools),
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
      const large = (/** @type {number} */ id) => state.smallest === 0 || sizeOf(figures.bar(id)) >= state.smallest;
      ids = orderIds(chart, state.sort).filter((id) => matches(id) && large(id));
      if (state.sort === "count") ids = sortByCount(ids, figures);
      asked = wanted;
    } else if (state.sort === "count") ids = sortByCount(ids, figures);
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
    behind.replaceChildren(...(own.table && chart.start < chart.end ? [drawBarTable(chart, bars())] : []));
    if (!own.table) drawRows(ids.slice(0, limit));
    note.textContent = writeNote(position, latest);
  }

  /** @param {number[]} shown */
  function drawRows(shown) {
    const key = shown.join();
    for (const id of shown) if (!rows.has(id)) rows.set(id, makeRow(id, press));
    if (key !== drawn) {
      list.replaceChildren(...shown.map((id) => rows.get(id).element));
      for (const id of shown) rows.get(id).element.firstElementChild.tabIndex = -1;
    }
    drawn = key;
    head.update(state.shares);
    // the scale is that of all attributes, not only of the visible ones
    const all = Array.from({ length: chart.end - chart.start }, (_, i) => latest.bar(chart.start + i));
    const scale = scaleOf(all);
    for (const id of shown) {
      rows.get(id).update(all[id - chart.start], scale, state.shares);
      rows.get(id).setPressed(state.selected.includes(id));
    }
    requestAnimationFrame(() => (updateStops(), updateTools())); // once the card is in sight
  }

  return { chart, element, title, update, showTable: (/** @type {boolean} */ table) => show({ table }) };
}

/** How many subjects have information here, and with percentages, what they are of.
 * @param {number} position @param {Figures} figures */
function writeNote(position, figures) {
  const covered = payload.coverage.charts[position];
  const known = covered === null ? "" : writeCoverage(covered, payload.charts[position].columns.length > 1);
  return known === ""
    ? writeBase(figures, position)
    : state.shares
      ? `${known} ${writeBase(figures, position)}`
      : known;
}

/** @param {Bar} bar */
function sizeOf({ count }) {
  return count.value ?? 0;
}

/** @param {number[]} ids @param {Figures} figures */
function sortByCount(ids, { bar }) {
  const sizes = new Map(ids.map((id) => [id, sizeOf(bar(id))]));
  const size = (/** @type {number} */ id) => sizes.get(id) ?? 0;
  return [...ids].sort((one, other) => size(other) - size(one) || one - other);
}

/** The group above the title, unless the title already is the group's name.
 * @param {import("../types.js").Chart} chart @param {string} title */
function drawEyebrow(chart, title) {
  const group = chart.group ?? "";
  return group === "" || group === title ? [] : [el("p", { class: "eyebrow" }, isolated(group))];
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
