// The Explore view: toolbar, selection, the list of charts and the cards.

import { makeCard, packCards } from "./cards.js";
import { button, byId, el, isolated } from "../drawing/dom.js";
import { rove } from "../drawing/roving.js";
import { figuresUnder } from "../data/figures.js";
import { facts } from "../words/facts.js";
import { marginOf } from "../data/noise.js";
import { chartOf, payload, release } from "../data/payload.js";
import { copyButton, drawChips, writeSelection } from "../frame/selection.js";
import { canUndo, change, state, toggle, undo } from "../frame/state.js";
import { formatNumber, t } from "../words/texts.js";

/** @typedef {ReturnType<typeof makeCard>} Card */

/** @param {import("../types.js").Model} model @returns {() => void} redraws the view */
export function buildExplore(model) {
  byId("key").append(...drawKey(model));
  const cards = payload.charts.map((_, position) =>
    makeCard(position, (id) => change({ selected: toggle(state.selected, id) })),
  );
  byId("cards").append(...cards.map((card) => card.element));
  const links = drawIndex(cards);
  connectToolbar(cards);
  const strip = makeStrip();
  packCards(
    byId("cards"),
    cards.map((card) => card.element),
  );
  return () => {
    document.documentElement.classList.toggle("alone", state.only !== "");
    const figures = figuresUnder(model, state.selected);
    fillToolbar();
    strip(figures.whole);
    showCards(cards, links, figures);
  };
}

/** @param {import("../types.js").Model} model */
function drawKey({ reported }) {
  const item = (/** @type {string} */ kind) =>
    el(
      "p",
      {},
      el("span", { class: `swatch ${kind}`, "aria-hidden": "true" }),
      " ",
      el("strong", {}, t(`key.${kind}`)),
      " ",
      el("span", { class: "key-note" }, t(`key.${kind}.note`, facts)),
    );
  const margin = marginOf(1) > 0 ? [item("margin")] : [];
  const sampled = payload.shown_records < release.records ? [el("p", {}, t("key.sampled", facts))] : [];
  const any = reported.some((block) => block.actual.length > 0);
  const nothing = any ? [] : [el("p", { class: "notice" }, t("reported.nothing", facts))];
  return [...["actual", "estimate", "withheld", "uncounted"].map(item), ...margin, ...sampled, ...nothing];
}

/** The chips with their sentence; the sentence is announced when it changes. */
function makeStrip() {
  const chips = el("div", { class: "chips-place" });
  const sentence = el("p", { class: "sentence", role: "status", id: "sentence" });
  const clear = button(t("selection.clear"), () => state.selected.length > 0 && change({ selected: [] }), {
    class: "small",
  });
  const back = button(t("selection.undo"), undo, { class: "small", id: "undo" });
  const compare = button(t("selection.compare"), () => change({ view: "compare" }), { class: "small" });
  const heading = el("span", { class: "eyebrow" }, t("selection.heading"));
  const tools = el(
    "span",
    { class: "strip-tools" },
    clear,
    back,
    copyButton("selection.copy", () => location.hash),
    compare,
  );
  const updateStops = rove(tools);
  byId("selection").append(el("div", { class: "strip" }, heading, chips, tools), sentence);
  return (/** @type {import("../data/quantity.js").Quantity} */ whole) => {
    // not `disabled`, which would take the focus away right after a press
    clear.setAttribute("aria-disabled", String(state.selected.length === 0));
    back.setAttribute("aria-disabled", String(!canUndo()));
    const hadFocus = chips.contains(document.activeElement);
    chips.replaceChildren(drawChips(state.selected, (selected) => change({ selected })));
    if (hadFocus) (chips.querySelector("button") ?? clear).focus();
    requestAnimationFrame(updateStops);
    sentence.textContent = writeSelection(state.selected, whole);
  };
}

/** @param {Card[]} cards @param {HTMLElement[]} links @param {import("../data/figures.js").Figures} figures */
function showCards(cards, links, figures) {
  const onPage = pageFilter();
  let bars = 0;
  let shown = 0;
  cards.forEach((card, position) => {
    const wanted = onPage(position) && isWanted(position);
    if (wanted) {
      bars += card.update(figures);
      shown += card.element.hidden ? 0 : 1;
    } else card.element.hidden = true;
    /** @type {HTMLElement} */ (links[position].parentElement).hidden = card.element.hidden;
  });
  for (const group of byId("index").querySelectorAll("[data-group]")) {
    group.hidden = !group.querySelector("li:not([hidden])");
  }
  const all = { all_bars: formatNumber(chartOf.length), all_charts: formatNumber(cards.length) };
  const values = { bars: formatNumber(bars), charts: formatNumber(shown), ...all };
  byId("status").textContent = t(shown === 0 ? "status.none" : "status", values);
}

/** Whether a chart is the one that is shown alone, if any is. @param {number} position */
function isWanted(position) {
  const { columns } = payload.charts[position];
  return state.only === "" || columns.some((column) => payload.columns[column].name === state.only);
}

/** Which charts the chosen page has: those of its groups and columns; all of them on page 0. */
function pageFilter() {
  if (state.page === 0 || !payload.pages[state.page - 1]) return () => true;
  const [, members] = payload.pages[state.page - 1];
  return (/** @type {number} */ position) => {
    const chart = payload.charts[position];
    const names = [chart.group, ...chart.columns.map((column) => payload.columns[column].name)];
    return names.some((name) => name !== null && members.includes(name));
  };
}

function fillToolbar() {
  byId("search").value = state.search;
  byId("page").value = String(state.page);
  byId("sort").value = state.sort;
  byId("shares").value = state.shares ? "shares" : "counts";
  if (Number(byId("smallest").value) !== state.smallest) byId("smallest").value = String(state.smallest);
}

/** @param {Card[]} cards */
function connectToolbar(cards) {
  const addOptions = (/** @type {string} */ id, /** @type {[string, string][]} */ options) =>
    byId(id).append(...options.map(([value, name]) => el("option", { value }, name)));
  addOptions(
    "sort",
    ["auto", "count", "name"].map((name) => [name, t(`sort.${name}`)]),
  );
  addOptions(
    "shares",
    ["counts", "shares"].map((name) => [name, t(`shares.${name}`)]),
  );
  addOptions("page", [
    ["0", t("page.all")],
    ...payload.pages.map(([name], i) => /** @type {[string, string]} */ ([String(i + 1), name])),
  ]);
  byId("page").parentElement.hidden = payload.pages.length === 0;
  byId("options").open = matchMedia("(min-width: 40.01rem)").matches;
  byId("smallest").step = String(release.precision);
  byId("toolbar").addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
  const onInput = (/** @type {string} */ id, /** @type {(value: string) => void} */ act) =>
    byId(id).addEventListener("input", () => act(byId(id).value));
  onInput("search", (search) => change({ search }));
  onInput("page", (page) => change({ page: Number(page) }));
  onInput("sort", (sort) => change({ sort }));
  onInput("shares", (shares) => change({ shares: shares === "shares" }));
  onInput("smallest", (smallest) => change({ smallest: Math.max(0, Math.floor(Number(smallest)) || 0) }));
  byId("tables").addEventListener("click", () => {
    const pressed = byId("tables").getAttribute("aria-pressed") !== "true";
    byId("tables").setAttribute("aria-pressed", String(pressed));
    for (const card of cards) card.showTable(pressed);
  });
}

/** Links to the charts, by group; returns one link for each card. @param {Card[]} cards */
function drawIndex(cards) {
  const links = cards.map((card) => button("", () => card.element.querySelector("h3")?.focus(), { class: "link" }));
  links.forEach((link, position) => link.append(isolated(cards[position].title)));
  /** @type {Map<string|null, number[]>} */
  const groups = new Map();
  cards.forEach((card, position) => {
    const name = card.chart.group;
    groups.set(name, [...(groups.get(name) ?? []), position]);
  });
  const list = el("div", { class: "index-groups" });
  for (const [name, positions] of groups) {
    const items = positions.map((position) => el("li", {}, links[position]));
    const alone = positions.length === 1 && cards[positions[0]].title === (name ?? t("chart.flags"));
    const heading = alone || groups.size === 1 ? null : el("p", {}, isolated(name ?? t("chart.general")));
    list.append(el("div", { "data-group": "" }, heading, el("ul", { role: "list" }, ...items)));
  }
  const details = el("details", {}, el("summary", {}, t("index.summary")), list);
  details.open = matchMedia("(min-width: 72rem)").matches;
  byId("index").append(details);
  const updateStops = rove(list);
  details.addEventListener("toggle", updateStops);
  requestAnimationFrame(updateStops);
  return links;
}
