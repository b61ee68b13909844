// What the reader has chosen, kept in the address so that it can be saved and sent; every change can be undone.

import { columnOf, idOfKey, keyOf, payload } from "../data/payload.js";
import { language } from "../words/texts.js";

/** @typedef {{view: string, selected: number[], other: number[], page: number, shares: boolean, sort: string,
 *   search: string, smallest: number, rows: number, columns: number, figure: string,
 *   only: string}} State `only`: the name of a column, whose chart is shown alone, as part of another page */

export const VIEWS = ["explore", "compare", "relations", "evaluate", "report", "about"];
const SORTS = ["auto", "count", "name"];
export const FIGURES = ["count", "lift"];

/** @type {State} */
const START = {
  view: "explore",
  selected: [],
  other: [],
  page: 0,
  shares: false,
  sort: "auto",
  search: "",
  smallest: 0,
  rows: 0,
  columns: Math.min(1, payload.charts.length - 1),
  figure: "count",
  only: "",
};

/** @type {State} */
export let state = START;
/** @type {State[]} */
const past = [];
/** @type {((before: State) => void)[]} */
const followers = [];

/** Call `act` after every change. @param {(before: State) => void} act */
export function follow(act) {
  followers.push(act);
}

/** Change the state; typing counts as one change. @param {Partial<State>} changes */
export function change(changes) {
  const before = state;
  const typing = Object.keys(changes).every((key) => key === "search" || key === "smallest");
  const wasTyping = past.length > 0 && typing && past[past.length - 1].search !== before.search;
  if (!wasTyping) past.push(before);
  arrive({ ...before, ...changes }, !wasTyping);
}

export function undo() {
  const earlier = past.pop();
  if (earlier) arrive(earlier, true);
}

export function canUndo() {
  return past.length > 0;
}

/** @param {State} next @param {boolean} newEntry whether the browser's Back button leads to the state before */
function arrive(next, newEntry) {
  const before = state;
  state = next;
  writeAddress(newEntry);
  for (const act of followers) act(before);
}

/** Select an attribute, or deselect it; a single-valued column has at most one selected value.
 * @param {number[]} selected @param {number} id */
export function toggle(selected, id) {
  if (selected.includes(id)) return selected.filter((other) => other !== id);
  const { exclusive } = payload.columns[columnOf[id]];
  return [...selected.filter((other) => !exclusive || columnOf[other] !== columnOf[id]), id];
}

/** The address of a state, without what has its initial value. @param {State} [shown] */
export function writeFragment(shown = state) {
  const asked = new URLSearchParams();
  for (const id of shown.selected) asked.append("s", keyOf(id));
  for (const id of shown.other) asked.append("b", keyOf(id));
  for (const name of /** @type {const} */ ([
    "page",
    "sort",
    "search",
    "smallest",
    "rows",
    "columns",
    "figure",
    "only",
  ])) {
    if (shown[name] !== START[name]) asked.set(name, String(shown[name]));
  }
  if (shown.shares) asked.set("shares", "1");
  if (new URLSearchParams(location.hash.split("?")[1] ?? "").has("lang")) asked.set("lang", language);
  const text = asked.toString();
  return `#${shown.view}${text ? `?${text}` : ""}`;
}

/** @param {boolean} newEntry */
function writeAddress(newEntry) {
  const address = writeFragment();
  if (address === location.hash) return;
  try {
    if (newEntry) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  } catch {
    // a page inside another (a notebook) has no address of its own
  }
}

/** What the address names and this release does not have. @param {string} fragment @returns {string[]} */
export function listUnknown(fragment) {
  const asked = new URLSearchParams(fragment.split(/\?(.*)/s)[1] ?? "");
  return ["s", "b"].flatMap((name) => asked.getAll(name)).filter((key) => !idOfKey.has(key));
}

/** The state that an address describes; unknown parts are left out. @param {string} fragment
 * @returns {Partial<State>|null} null if it names no view */
export function readFragment(fragment) {
  const [view, query] = fragment.replace(/^#/, "").split(/\?(.*)/s);
  if (fragment === "") return { view: START.view };
  if (!VIEWS.includes(view)) return null;
  if (query === undefined) return { view };
  const asked = new URLSearchParams(query);
  const ids = (/** @type {string} */ name) =>
    asked.getAll(name).reduce((/** @type {number[]} */ chosen, key) => {
      const id = idOfKey.get(key);
      return id === undefined || chosen.includes(id) ? chosen : toggle(chosen, id);
    }, []);
  const whole = (/** @type {string} */ name, /** @type {number} */ below, /** @type {number} */ otherwise) => {
    const number = Number(asked.get(name) ?? otherwise);
    return Number.isInteger(number) && number >= 0 && number < below ? number : otherwise;
  };
  const one = (/** @type {string} */ name, /** @type {string[]} */ allowed) => {
    const value = asked.get(name) ?? "";
    return allowed.includes(value) ? value : allowed[0];
  };
  const charts = payload.charts.length;
  return {
    view,
    selected: ids("s"),
    other: ids("b"),
    page: whole("page", payload.pages.length, 0),
    shares: asked.get("shares") === "1",
    sort: one("sort", SORTS),
    search: asked.get("search") ?? "",
    smallest: whole("smallest", Infinity, 0),
    rows: whole("rows", charts, START.rows),
    columns: whole("columns", charts, START.columns),
    figure: one("figure", FIGURES),
    only: one("only", ["", ...payload.columns.map(({ name }) => name)]),
  };
}

/** Apply the state in the address, at the start and whenever the reader changes it or goes back.
 * @param {(unknown: string[]) => void} report told what an address names that this release does not have */
export function connectAddress(report) {
  const asked = readFragment(location.hash);
  if (asked) state = { ...START, ...asked };
  report(listUnknown(location.hash));
  addEventListener("hashchange", () => {
    const wanted = readFragment(location.hash);
    if (!wanted || location.hash === writeFragment()) return;
    report(listUnknown(location.hash));
    past.push(state);
    arrive({ ...START, ...wanted }, false);
  });
}
