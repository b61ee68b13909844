// The distribution of relative errors over all reported combinations, by length.

import { svg } from "../drawing/dom.js";
import { nameLength } from "./fidelity.js";
import { formatShare, t } from "../words/texts.js";

// Upper ends of the classes of (estimated - actual) / actual; the first class is -100%, nothing estimated at all.
const ENDS = [-0.9999999, -0.5, -0.25, -0.1, -0.05, 0.05, 0.1, 0.25, 0.5, 1, Infinity];
const PANEL_WIDTH = 640;
const PANEL = 150;

/** @param {import("../types.js").Reported[]} reported @returns {import("../drawing/behind.js").Figure} */
export function drawErrors(reported) {
  const shares = reported.map(countClasses);
  const names = ENDS.map(nameClass);
  const panels = shares.map((values, position) => drawPanel(values, position, names));
  const height = PANEL * shares.length + 30;
  const label = t("errors.title");
  const figure = svg(
    "svg",
    { viewBox: `0 0 ${PANEL_WIDTH} ${height}`, role: "img", "aria-label": label, class: "plot" },
    ...panels,
  );
  const rows = names.map((name, i) => [name, ...shares.map((values) => formatShare(values[i]))]);
  const head = [t("errors.class"), ...shares.map((_, position) => nameLength(position + 1))];
  return { name: "errors", title: label, note: t("errors.note"), figure, table: { title: label, head, rows } };
}

/** The share of combinations in each class. @param {import("../types.js").Reported} block */
function countClasses({ actual, estimated }) {
  const counts = ENDS.map(() => 0);
  for (let i = 0; i < actual.length; i++) {
    const error = (estimated[i] - actual[i]) / actual[i];
    let position = 0;
    while (error > ENDS[position]) position++;
    counts[position]++;
  }
  return counts.map((count) => (actual.length > 0 ? count / actual.length : 0));
}

/** @param {number} end @param {number} position */
function nameClass(end, position) {
  if (position === 0) return "−100%";
  const percent = (/** @type {number} */ share) =>
    `${share > 0 ? "+" : share < 0 ? "−" : ""}${Math.abs(Math.round(100 * share))}%`;
  const from = percent(position === 1 ? -1 : ENDS[position - 1]);
  return end === Infinity ? `> ${from}` : `${from} … ${percent(end)}`;
}

/** @param {number[]} values @param {number} position @param {string[]} names */
function drawPanel(values, position, names) {
  const step = (PANEL_WIDTH - 60) / values.length;
  const bars = values.map((value, i) => {
    const tall = (PANEL - 62) * value;
    const x = 50 + i * step;
    const label = names[i].split(" … ");
    return svg(
      "g",
      {},
      svg("rect", { x: x + 3, y: PANEL - 32 - tall, width: step - 6, height: Math.max(1, tall), class: "mark" }),
      svg("text", { x: x + step / 2, y: PANEL - 36 - tall, class: "tick middle" }, value > 0 ? formatShare(value) : ""),
      svg("text", { x: x + step / 2, y: PANEL - 18, class: "tick middle small" }, label[label.length - 1]),
    );
  });
  const title = svg("text", { x: 4, y: 16, class: "tick strong" }, nameLength(position + 1));
  return svg("g", { transform: `translate(0 ${position * PANEL})` }, title, ...bars);
}
