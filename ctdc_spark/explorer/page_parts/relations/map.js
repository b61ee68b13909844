// A world map of a column of countries. The table beside it shows the same and can be used by keyboard.

import { labelOf, titleOf } from "../words/attributes.js";
import { button, el, isolated, svg } from "../drawing/dom.js";
import { saveMenu } from "../files/downloads.js";
import { facts } from "../words/facts.js";
import { writeActual, writeCount } from "../words/figures.js";
import { payload } from "../data/payload.js";
import { change, state, toggle } from "../frame/state.js";
import { drawRow, drawTable, tableOfBars } from "../drawing/tables.js";
import { t } from "../words/texts.js";

const STEPS = 6;

/** @typedef {import("../words/attributes.js").Bar} Bar */

/** @param {import("../types.js").World} world @param {import("../types.js").Chart} chart @param {Bar[]} bars */
export function drawMap(world, chart, bars) {
  const title = t("relations.map", { title: titleOf(chart) });
  const figure = drawWorld(world, bars, title);
  const places = bars.filter(({ id }) => !world.paths[payload.attributes[id].value]).map(({ id }) => labelOf(id));
  const note = t("relations.map.note", { ...facts, places: places.join(", ") || t("relations.map.all") });
  const id = `map-${chart.start}`;
  return el(
    "article",
    { class: "card map-card", "aria-labelledby": id },
    el(
      "div",
      { class: "card-head" },
      el("h3", { id }, isolated(title)),
      saveMenu(
        title,
        () => tableOfBars(chart, bars, 0),
        () => figure,
      ),
    ),
    el("div", { class: "map-and-table" }, figure, drawCountries(title, bars)),
    el("p", { class: "note" }, note),
  );
}

/** @param {import("../types.js").World} world @param {Bar[]} bars @param {string} title */
function drawWorld(world, bars, title) {
  const byCode = new Map(bars.map((bar) => [payload.attributes[bar.id].value, bar]));
  const shown = (/** @type {Bar} */ bar) => Math.max(0, state.kind === "actual" ? bar.actual : bar.estimated);
  const most = Math.max(1, ...bars.map(shown));
  const shapes = Object.entries(world.paths).map(([code, d]) => {
    const bar = byCode.get(code);
    const step = bar && shown(bar) > 0 ? Math.max(1, Math.ceil(STEPS * Math.sqrt(shown(bar) / most))) : 0;
    const path = svg("path", { d, class: `land step-${step}`, "data-code": code });
    if (bar) {
      const said = { name: labelOf(bar.id), estimated: writeCount(bar.estimated), actual: writeActual(bar.actual) };
      path.append(svg("title", {}, t("map.country", said)));
      path.classList.toggle("chosen", state.selected.includes(bar.id));
      path.addEventListener("click", () => change({ selected: toggle(state.selected, bar.id) }));
    }
    return path;
  });
  return svg(
    "svg",
    {
      viewBox: `0 0 ${world.width} ${world.height}`,
      class: `plot world ${state.kind}`,
      role: "img",
      "aria-label": title,
    },
    ...shapes,
  );
}

/** @param {string} title @param {Bar[]} bars */
function drawCountries(title, bars) {
  const rows = bars.map(({ id, estimated, actual }) => {
    const pressed = state.selected.includes(id);
    const press = button("", () => change({ selected: toggle(state.selected, id) }), {
      class: "link",
      "aria-pressed": String(pressed),
    });
    press.append(isolated(labelOf(id)));
    return drawRow([press], [writeCount(estimated), writeActual(actual)]);
  });
  return drawTable(title, [t("table.attribute"), t("table.estimated"), t("table.actual")], rows);
}
