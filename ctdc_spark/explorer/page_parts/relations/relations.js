// The Relations view: how the values of two columns occur together; years as lines; countries on a map.

import { isYears, orderIds, titleOf } from "../words/attributes.js";
import { drawBehind } from "../drawing/behind.js";
import { figuresUnder, pairsUnder } from "../data/figures.js";
import { byId, choice, el } from "../drawing/dom.js";
import { drawHeatmap } from "../drawing/heatmap.js";
import { drawLines } from "./lines.js";
import { drawMap } from "./map.js";
import { payload } from "../data/payload.js";
import { drawChips } from "../frame/selection.js";
import { change, FIGURES, state } from "../frame/state.js";
import { t } from "../words/texts.js";

/** @param {import("../types.js").Model} model */
export function buildRelations(model) {
  const tools = el("div", { class: "toolbar" });
  const chips = el("div", { class: "selection strip" });
  const body = el("div", { class: "relations" });
  byId("relations-body").append(tools, chips, body);
  const options = /** @type {[string, string][]} */ (
    payload.charts.flatMap((chart, position) => (chart.start < chart.end ? [[String(position), titleOf(chart)]] : []))
  );
  const rows = choice(t("relations.rows"), options, "", (value) => change({ rows: Number(value) }));
  const columns = choice(t("relations.columns"), options, "", (value) => change({ columns: Number(value) }));
  const kinds = /** @type {[string, string][]} */ (FIGURES.map((name) => [name, t(`relations.figure.${name}`)]));
  const figure = choice(t("shares.label"), kinds, "", (value) => change({ figure: value }));
  tools.append(rows, columns, figure);

  return () => {
    if (options.length === 0) return;
    rows.querySelector("select").value = String(state.rows);
    columns.querySelector("select").value = String(state.columns);
    figure.querySelector("select").value = state.figure;
    const within =
      state.selected.length > 0
        ? drawChips(state.selected, (selected) => change({ selected }))
        : t("selection.everyone");
    chips.replaceChildren(el("span", { class: "eyebrow" }, t("relations.within")), within);
    body.replaceChildren(...drawRelation(model), ...drawMaps(model));
  };
}

/** @param {import("../types.js").Model} model */
function drawRelation(model) {
  const itself = state.rows === state.columns;
  if (itself && !hasSeveral(payload.charts[state.rows])) return [el("p", { class: "notice" }, t("relations.same"))];
  const [down, across] = [payload.charts[state.rows], payload.charts[state.columns]];
  const [one, other] = [state.rows, state.columns].map((position) => ({
    ids: orderIds(payload.charts[position], "auto"),
    position,
  }));
  const pairs = pairsUnder(model, one, other, state.selected);
  const drawn = [drawHeatmap(pairs, down, across)];
  if (isYears(down)) drawn.push(drawBehind(drawLines(pairs, down, across)));
  else if (isYears(across)) drawn.push(drawBehind(drawLines(turn(pairs), across, down)));
  return drawn;
}

/** Whether a record may hold several attributes of a chart, so that they can occur together.
 * @param {import("../types.js").Chart} chart */
function hasSeveral({ columns }) {
  return columns.length > 1 || !payload.columns[columns[0]].exclusive;
}

/** @param {import("../data/figures.js").Pairs} pairs @returns {import("../data/figures.js").Pairs} */
function turn(pairs) {
  return {
    ...pairs,
    rows: pairs.columns,
    columns: pairs.rows,
    count: (row, column) => pairs.count(column, row),
    lift: (row, column) => pairs.lift(column, row),
  };
}

/** A map for each column that holds countries. @param {import("../types.js").Model} model */
function drawMaps(model) {
  const { world } = payload;
  if (world === null) return [];
  const figures = figuresUnder(model, state.selected);
  return world.columns.map((column) => {
    const position = payload.charts.findIndex((chart) => chart.columns.includes(column));
    const { start, end } = payload.charts[position];
    const bars = Array.from({ length: end - start }, (_, i) => figures.bar(start + i));
    return drawMap(world, payload.charts[position], bars);
  });
}
