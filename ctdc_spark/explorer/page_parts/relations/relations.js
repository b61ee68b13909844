// The Relations view: how the values of two columns occur together; years as lines; countries on a map.

import { isYears, titleOf } from "../words/attributes.js";
import { drawBehind } from "../drawing/behind.js";
import { countRecords } from "../data/counting.js";
import { byId, choice, el } from "../drawing/dom.js";
import { drawHeatmap } from "../drawing/heatmap.js";
import { drawLines } from "./lines.js";
import { combine, findActual } from "../data/lookup.js";
import { drawMap } from "./map.js";
import { marginOf } from "../data/noise.js";
import { makePairs } from "../data/pairs.js";
import { payload } from "../data/payload.js";
import { drawChips } from "../frame/selection.js";
import { change, KINDS, state } from "../frame/state.js";
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
  const kinds = /** @type {[string, string][]} */ (KINDS.map((kind) => [kind, t(`relations.kind.${kind}`)]));
  const rows = choice(t("relations.rows"), options, "", (value) => change({ rows: Number(value) }));
  const columns = choice(t("relations.columns"), options, "", (value) => change({ columns: Number(value) }));
  const kind = choice(t("relations.kind"), kinds, "", (value) => change({ kind: value }));
  tools.append(rows, columns, kind);

  return () => {
    if (options.length === 0) return;
    rows.querySelector("select").value = String(state.rows);
    columns.querySelector("select").value = String(state.columns);
    kind.querySelector("select").value = state.kind;
    const within =
      state.selected.length > 0 ? drawChips(state.selected, (selected) => change({ selected })) : t("compare.all");
    chips.replaceChildren(el("span", { class: "eyebrow" }, t("relations.within")), within);
    body.replaceChildren(...drawRelation(model), ...drawMaps(model));
  };
}

/** @param {import("../types.js").Model} model */
function drawRelation(model) {
  if (state.rows === state.columns) return [el("p", { class: "notice" }, t("relations.same"))];
  const pairs = makePairs(model, state.rows, state.columns, state.selected);
  const [down, across] = [payload.charts[state.rows], payload.charts[state.columns]];
  const drawn = [drawHeatmap(pairs, down, across)];
  if (isYears(down)) drawn.push(drawBehind(drawLines(pairs, down, across)));
  else if (isYears(across)) drawn.push(drawBehind(drawLines(turn(pairs), across, down)));
  return drawn;
}

/** @param {import("../data/pairs.js").Pairs} pairs @returns {import("../data/pairs.js").Pairs} */
function turn(pairs) {
  return {
    rows: pairs.columns,
    columns: pairs.rows,
    estimated: (row, column) => pairs.estimated(column, row),
    actual: (row, column) => pairs.actual(column, row),
  };
}

/** A map for each column that holds countries. @param {import("../types.js").Model} model */
function drawMaps(model) {
  const { world } = payload;
  if (world === null) return [];
  const counted = countRecords(model.records, state.selected);
  return world.columns.map((column) => {
    const position = payload.charts.findIndex((chart) => chart.columns.includes(column));
    const { start, end } = payload.charts[position];
    const bars = Array.from({ length: end - start }, (_, i) => {
      const combination = combine(state.selected, start + i);
      const actual = findActual(model.reported, combination);
      return { id: start + i, estimated: counted.estimated[start + i], actual, margin: marginOf(combination.length) };
    });
    return drawMap(world, payload.charts[position], bars);
  });
}
