// A world map of a column of countries. The table beside it shows the same and can be used by keyboard.

import { labelOf, titleOf } from "../words/attributes.js";
import { button, el, isolated, svg } from "../drawing/dom.js";
import { describeSelected } from "../drawing/figureframe.js";
import { saveMenu } from "../files/downloads.js";
import { facts } from "../words/facts.js";
import { writeKind, writeLong } from "../words/figures.js";
import { payload } from "../data/payload.js";
import { isDrawn } from "../data/quantity.js";
import { change, state, toggle } from "../frame/state.js";
import { drawRow, drawTable, tableOfBars } from "../drawing/tables.js";
import { formatNumber, t } from "../words/texts.js";

const STEPS = 6;
const LEGEND_WIDE = 1960;
const LEGEND_TALL = 130;

/** @typedef {import("../data/figures.js").Bar} Bar */

/** @param {import("../types.js").World} world @param {import("../types.js").Chart} chart @param {Bar[]} bars */
export function drawMap(world, chart, bars) {
  const title = t("relations.map", { title: titleOf(chart) });
  const figure = drawWorld(world, bars, title);
  const places = bars.filter(({ id }) => !world.paths[payload.attributes[id].value]).map(({ id }) => labelOf(id));
  const note = t("relations.map.note", { ...facts, places: places.join(", ") || t("relations.map.all") });
  const id = `map-${chart.start}`;
  const describe = () => ({
    notes: [describeSelected(t("relations.within"), state.selected, t("selection.everyone"))],
    kinds: [],
  });
  const menu = saveMenu(
    title,
    () => tableOfBars(chart, bars),
    () => figure,
    describe,
  );
  return el(
    "article",
    { class: "card map-card", "aria-labelledby": id },
    el("div", { class: "card-head" }, el("h3", { id }, isolated(title)), menu),
    el(
      "div",
      { class: "map-and-table" },
      el("div", { class: "figure-frame", role: "region", tabindex: "0", "aria-label": title }, figure),
      drawCountries(t("relations.map.table", { title: titleOf(chart) }), bars),
    ),
    el("p", { class: "note" }, note),
  );
}

/** @param {import("../types.js").World} world @param {Bar[]} bars @param {string} title */
function drawWorld(world, bars, title) {
  const byCode = new Map(bars.map((bar) => [payload.attributes[bar.id].value, bar]));
  const most = Math.max(1, ...bars.map(({ count }) => (isDrawn(count) ? (count.value ?? 0) : 0)));
  const shapes = Object.entries(world.paths).map(([code, d]) => {
    const bar = byCode.get(code);
    const path = svg("path", { d, class: `land ${bar ? classOf(bar, most) : "none"}`, "data-code": code });
    if (bar) {
      const said = { name: labelOf(bar.id), kind: writeKind(bar.count), figure: writeLong(bar.count) };
      path.append(svg("title", {}, t("map.country", said)));
      path.classList.toggle("chosen", state.selected.includes(bar.id));
      path.addEventListener("click", () => change({ selected: toggle(state.selected, bar.id) }));
    }
    return path;
  });
  const tall = world.height + LEGEND_TALL;
  return svg(
    "svg",
    { viewBox: `0 0 ${world.width} ${tall}`, class: "plot world", role: "img", "aria-label": title },
    ...shapes,
    ...drawMapLegend(bars, most, world.height + 50),
  );
}

/** @param {Bar} bar @param {number} most */
function classOf({ count }, most) {
  if (!isDrawn(count)) return count.kind === "withheld" ? "withheld" : "uncounted";
  return `${count.kind} step-${Math.max(1, Math.ceil(STEPS * Math.sqrt((count.value ?? 0) / most)))}`;
}

/** The steps of colour with the counts where they end, and the marks of what has no colour.
 * @param {Bar[]} bars @param {number} most @param {number} y */
function drawMapLegend(bars, most, y) {
  const ends = Array.from({ length: STEPS }, (_, i) => Math.floor(most * ((i + 1) / STEPS) ** 2));
  const entries = ends.map((end, i) => [`actual step-${i + 1}`, `≤ ${formatNumber(end)}`]);
  const kinds = new Set(
    bars.map(({ count }) => (isDrawn(count) ? count.kind : classOf({ id: 0, count, share: count }, 1))),
  );
  if (kinds.has("estimate")) entries.push(["estimate step-4", t("kind.estimate")]);
  if (kinds.has("withheld")) entries.push(["withheld", t("legend.withheld", facts)]);
  if (kinds.has("uncounted")) entries.push(["uncounted", t("legend.uncounted")]);
  entries.push(["none", t("relations.map.none")]);
  let x = 20;
  let line = y;
  return entries.flatMap(([className, words]) => {
    const wide = 70 + 14 * words.length;
    if (x + wide > LEGEND_WIDE) [x, line] = [20, line + 44];
    const parts = [
      svg("rect", { x, y: line - 24, width: 34, height: 28, class: `land legend ${className}` }),
      svg("text", { x: x + 42, y: line, class: "map-text" }, words),
    ];
    x += wide;
    return parts;
  });
}

/** @param {string} title @param {Bar[]} bars */
function drawCountries(title, bars) {
  const rows = bars.map(({ id, count }) => {
    const pressed = state.selected.includes(id);
    const press = button("", () => change({ selected: toggle(state.selected, id) }), {
      class: "link",
      "aria-pressed": String(pressed),
    });
    press.append(isolated(labelOf(id)));
    return drawRow([press], [writeLong(count), writeKind(count)]);
  });
  return drawTable(title, [t("table.attribute"), t("table.count"), t("table.kind")], rows);
}
