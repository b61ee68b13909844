// What whole groups have in common, as far as the published counts tell: how many groups, and the largest of those that
// share an attribute of a column that the settings call sensitive.

import { fullName } from "../words/attributes.js";
import { el, isolated } from "../drawing/dom.js";
import { saveMenu } from "../files/downloads.js";
import { facts } from "../words/facts.js";
import { nameLength } from "./fidelity.js";
import { findActual } from "../data/lookup.js";
import { columnOf, keyOf, payload, release } from "../data/payload.js";
import { valuesOf } from "./proof.js";
import { drawRow, drawTable } from "../drawing/tables.js";
import { formatNumber, t } from "../words/texts.js";

const MOST_SHARED = 20;

/** @typedef {{group: number[], shared: number, count: number}} Shared */

/** @param {import("../types.js").Reported[]} reported */
export function drawHomogeneity(reported) {
  const groups = valuesOf("homogeneous_groups", "reported");
  if (groups.length === 0) return [];
  const all = new Map(valuesOf("combinations", "reported").map((row) => [row.length, row.value]));
  const rows = groups
    .sort((one, other) => Number(one.length) - Number(other.length))
    .map(({ length, value }) =>
      drawRow([nameLength(length)], [formatNumber(Number(value)), formatNumber(Number(all.get(length) ?? 0))]),
    );
  const head = ["length", "groups", "all"].map((name) => t(`homogeneity.${name}`));
  return [
    el(
      "section",
      { id: "homogeneity", "aria-labelledby": "homogeneity-heading" },
      el("h3", { id: "homogeneity-heading" }, t("homogeneity.heading")),
      el("p", { class: "lede" }, t("homogeneity.lede", facts)),
      el("div", { class: "framed" }, drawTable(t("homogeneity.heading"), head, rows)),
      ...drawLargest(reported),
    ),
  ];
}

/** @param {import("../types.js").Reported[]} reported */
function drawLargest(reported) {
  const sensitive = listSensitive();
  if (sensitive.length === 0) return [el("p", { class: "note" }, t("homogeneity.unnamed"))];
  const columns = sensitive.map((column) => payload.columns[column].label).join(", ");
  const found = findShared(reported, new Set(sensitive));
  if (found.length === 0) return [el("p", { class: "note" }, t("homogeneity.none", { columns }))];
  const title = t("homogeneity.largest", { columns });
  const head = ["group", "shared", "count"].map((name) => t(`homogeneity.${name}`));
  const rows = found.map(({ group, shared, count }) =>
    drawRow([isolated(group.map(fullName).join(" · "))], [fullName(shared), formatNumber(count)]),
  );
  const table = () => ({
    title,
    head,
    rows: found.map(({ group, shared, count }) => [group.map(keyOf).join(";"), keyOf(shared), count]),
  });
  return [
    el("h4", {}, title),
    el("div", { class: "toolbar plain" }, saveMenu(title, table, null)),
    el("div", { class: "framed" }, drawTable(title, head, rows)),
  ];
}

/** Positions of the columns that the settings call sensitive. @returns {number[]} */
function listSensitive() {
  const said = release.settings.find(([key]) => key === "sensitive_columns");
  /** @type {string[]} */
  const names = said === undefined ? [] : JSON.parse(said[1]);
  return payload.columns.flatMap(({ name }, column) => (names.includes(name) ? [column] : []));
}

/** The largest groups on this page whose members all share an attribute of one of these columns; among groups with the
 * same count, the shorter first. @param {import("../types.js").Reported[]} reported @param {Set<number>} sensitive
 * @returns {Shared[]} */
function findShared(reported, sensitive) {
  /** @type {Shared[]} */
  const largest = [];
  for (const { columns, actual } of reported.slice(1)) {
    for (let i = 0; i < actual.length; i++) {
      if (largest.length === MOST_SHARED && actual[i] <= largest[MOST_SHARED - 1].count) continue;
      const ids = columns.map((numbers) => numbers[i]);
      for (const shared of ids.filter((id) => sensitive.has(columnOf[id]))) {
        const group = ids.filter((id) => id !== shared);
        if (findActual(reported, group) === actual[i]) insertShared(largest, { group, shared, count: actual[i] });
      }
    }
  }
  return largest;
}

/** @param {Shared[]} largest @param {Shared} found */
function insertShared(largest, found) {
  let at = largest.length;
  while (at > 0 && largest[at - 1].count < found.count) at--;
  largest.splice(at, 0, found);
  largest.length = Math.min(largest.length, MOST_SHARED);
}
