// The Compare view: two selections side by side, with the difference of their shares for every attribute.

import { fullName, isOrdered, orderIds, titleOf } from "../words/attributes.js";
import { drawComparisonFigure } from "../drawing/barfigure.js";
import { drawComparison, tableOfComparison } from "./comparison.js";
import { figuresUnder } from "../data/figures.js";
import { button, byId, choice, el, isolated } from "../drawing/dom.js";
import { saveMenu } from "../files/downloads.js";
import { writeLong } from "../words/figures.js";
import { keyOf, payload } from "../data/payload.js";
import { isDrawn } from "../data/quantity.js";
import { drawChips } from "../frame/selection.js";
import { change, state, toggle } from "../frame/state.js";
import { formatNumber, simplify, t } from "../words/texts.js";

/** @typedef {import("./comparison.js").Side} Side */
const GROUPS = /** @type {const} */ (["a", "b"]);

/** @param {import("../types.js").Model} model */
export function buildCompare(model) {
  const names = el(
    "datalist",
    { id: "attributes" },
    ...payload.attributes.map((_, id) => el("option", { value: fullName(id) })),
  );
  const panels = el("div", { class: "groups" });
  const sentence = el("p", { class: "sentence", role: "status", id: "compare-status" });
  const cards = el("div", { class: "cards", id: "compare-cards" });
  let order = "auto";
  const orders = /** @type {[string, string][]} */ (
    ["auto", "difference"].map((name) => [name, t(`compare.sort.${name}`)])
  );
  const swap = button(t("compare.swap"), () => change({ selected: state.other, other: state.selected }));
  const copy = button(t("compare.copy"), () => change({ other: state.selected }));
  const sorting = choice(t("sort.label"), orders, order, (value) => {
    order = value;
    draw();
  });
  byId("compare-body").append(
    names,
    panels,
    el("div", { class: "toolbar plain" }, swap, copy, sorting),
    sentence,
    cards,
  );

  function draw() {
    const sides = [state.selected, state.other].map((selected) => ({
      selected,
      figures: figuresUnder(model, selected, { facets: false, coverage: false }),
    }));
    panels.replaceChildren(...GROUPS.map((group) => drawGroup(group, sides)));
    const [a, b] = sides;
    sentence.textContent = t("compare.status", {
      a: writeLong(a.figures.whole),
      b: writeLong(b.figures.whole),
    });
    cards.replaceChildren(
      ...payload.charts.flatMap((chart, position) =>
        chart.start < chart.end ? [drawCard(position, sides, order)] : [],
      ),
    );
  }

  return draw;
}

/** The attributes of a group, and a field to add one. @param {"a"|"b"} group @param {Side[]} sides */
function drawGroup(group, sides) {
  const key = group === "a" ? "selected" : "other";
  const { selected } = sides[group === "a" ? 0 : 1];
  const name = t(`compare.${group}`);
  const field = el("input", { list: "attributes", id: `add-${group}`, autocomplete: "off" });
  const problem = el("p", { class: "note", role: "status" });
  const form = el(
    "form",
    { class: "add" },
    el("label", { for: `add-${group}` }, t("compare.add", { group: name })),
    el("div", { class: "add-row" }, field, el("button", { type: "submit" }, t("compare.add.button"))),
    problem,
  );
  form.addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    const wanted = simplify(field.value.trim());
    const id = payload.attributes.findIndex((_, i) =>
      [fullName(i), keyOf(i)].some((name) => simplify(name) === wanted),
    );
    if (id < 0) problem.textContent = t("compare.unknown");
    else {
      change({ [key]: selected.includes(id) ? selected : toggle(selected, id) });
      byId(`add-${group}`).focus();
    }
  });
  const chips =
    selected.length === 0
      ? el("p", { class: "note" }, t("selection.everyone"))
      : drawChips(selected, (left) => change({ [key]: left }));
  return el(
    "section",
    { class: `group ${group}`, "aria-labelledby": `group-${group}` },
    el("h3", { id: `group-${group}` }, name),
    chips,
    form,
  );
}

/** @param {number} position @param {Side[]} sides @param {string} order */
function drawCard(position, sides, order) {
  const chart = payload.charts[position];
  const title = titleOf(chart);
  const rows = orderIds(chart, "auto").map((id) => {
    const bars = sides.map(({ figures }) => figures.bar(id));
    return { id, counts: bars.map(({ count }) => count), shares: bars.map(({ share }) => share) };
  });
  if (order === "difference") {
    const apart = (/** @type {import("./comparison.js").Row} */ { shares: [a, b] }) =>
      isDrawn(a) && isDrawn(b) ? Math.abs((b.value ?? 0) - (a.value ?? 0)) : -1;
    rows.sort((one, other) => apart(other) - apart(one));
  }
  const list = el("div", {});
  const first = isOrdered(chart) ? 24 : 12;
  const view = { table: false, all: false };
  const switcher = button("", () => show({ table: !view.table }), { class: "small" });
  const more = button("", () => show({ all: !view.all }), { class: "more" });

  /** @param {Partial<typeof view>} changes */
  function show(changes) {
    Object.assign(view, changes);
    list.replaceChildren(drawComparison(title, view.all ? rows : rows.slice(0, first), view.table));
    switcher.textContent = t(view.table ? "chart.as_chart" : "chart.as_table");
    switcher.setAttribute("aria-label", t(view.table ? "chart.as_chart.label" : "chart.as_table.label", { title }));
    more.hidden = rows.length <= first;
    more.textContent = view.all
      ? t("chart.fewer", { number: first })
      : t("chart.more", { number: formatNumber(rows.length) });
    more.setAttribute("aria-expanded", String(view.all));
  }

  show({});
  const id = `compare-${position}`;
  const tools = el(
    "div",
    { class: "card-tools" },
    switcher,
    saveMenu(
      title,
      () => tableOfComparison(chart, rows),
      () =>
        drawComparisonFigure(
          chart,
          view.all ? rows : rows.slice(0, first),
          sides.map(({ selected }) => selected),
        ),
    ),
  );
  return el(
    "article",
    { class: "card", "aria-labelledby": id },
    el("div", { class: "card-head" }, el("h3", { id }, isolated(title)), tools),
    list,
    more,
  );
}
