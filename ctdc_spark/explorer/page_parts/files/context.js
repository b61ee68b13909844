// What a saved file must say about itself: of which release and which selection its figures are.

import { keyOf, release } from "../data/payload.js";
import { state } from "../frame/state.js";

/** @typedef {import("../types.js").Table} Table */

/** The table with columns for the release and the selection, so that each row explains itself wherever it is copied.
 * @param {Table} table @returns {Table} */
export function addContext(table) {
  const context = listContext();
  const head = [...table.head, ...context.map(([name]) => name)];
  return { ...table, head, rows: table.rows.map((row) => [...row, ...context.map(([, value]) => value)]) };
}

/** @returns {[string, string][]} */
function listContext() {
  const names = [
    ["release_id", release.release_id],
    ["release_title", release.title],
  ];
  return /** @type {[string, string][]} */ ([...listSelections(), ...names]);
}

/** In the views that have one; as the published tables write combinations. */
function listSelections() {
  if (state.view === "compare") {
    return [
      ["selection_a", writeKeys(state.selected)],
      ["selection_b", writeKeys(state.other)],
    ];
  }
  return ["explore", "relations", "report"].includes(state.view) ? [["selection", writeKeys(state.selected)]] : [];
}

/** @param {number[]} ids */
function writeKeys(ids) {
  return ids.map(keyOf).join(";");
}
