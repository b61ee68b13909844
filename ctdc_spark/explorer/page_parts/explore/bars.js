// The rows of a bar chart: made once; then only their lengths and figures change.

import { labelOf } from "../words/attributes.js";
import { el, hidden, isolated } from "../drawing/dom.js";
import { writeKind, writeLong, writeLongShare, writeShort, writeShortShare } from "../words/figures.js";
import { columnOf, noisy, payload } from "../data/payload.js";
import { isDrawn } from "../data/quantity.js";
import { t } from "../words/texts.js";

/** @typedef {import("../data/figures.js").Bar} Bar */
/** @typedef {import("../data/quantity.js").Quantity} Quantity */

/** A row that is a button; `press` receives the attribute. @param {number} id @param {(id: number) => void} press */
export function makeRow(id, press) {
  const line = el("span", { class: "line" });
  const whisker = el("span", { class: "whisker" });
  const heard = hidden("");
  const seen = el("span", { "aria-hidden": "true" });
  const figure = el("span", { class: "count" }, heard, seen);
  const bar = el(
    "button",
    { type: "button", class: "bar", "aria-pressed": "false" },
    el("span", { class: "name", title: labelOf(id) }, isolated(labelOf(id))),
    el("span", { class: "lines", "aria-hidden": "true" }, line, whisker),
    figure,
  );
  bar.dataset.column = payload.columns[columnOf[id]].name;
  bar.dataset.value = payload.attributes[id].value;
  bar.addEventListener("click", () => press(id));
  const element = el("li", { class: "bar-item" }, bar);

  let shown = "";

  /** @param {Bar} figures @param {number} scale the count of a full bar @param {boolean} shares */
  function update({ count, share }, scale, shares) {
    const key = JSON.stringify([count, share, scale, shares]);
    if (key === shown) return;
    shown = key;
    const drawn = isDrawn(count);
    line.className = `line ${drawn || count.value === null ? count.kind : "useless"}`;
    // Through the style object: the security policy refuses style attributes written as text.
    line.style.inlineSize = drawn ? writeLength(count.value ?? 0, scale) : "";
    placeWhisker(whisker, count, scale);
    const said = shares ? writeLongShare(share) : writeLong(count);
    heard.textContent = `${writeKind(shares ? share : count)}: ${said}`;
    seen.textContent = shares ? writeShortShare(share) : writeShort(count);
    figure.title = seen.textContent === said ? "" : said;
    figure.className = `count ${drawn ? count.kind : "none"}`;
    bar.dataset.kind = count.kind;
  }

  /** @param {boolean} pressed */
  function setPressed(pressed) {
    bar.setAttribute("aria-pressed", String(pressed));
  }

  return { element, update, setPressed };
}

/** A bar's length; whatever is not zero is visible. @param {number} count @param {number} scale */
function writeLength(count, scale) {
  return count > 0 ? `max(2px, ${((100 * count) / scale).toFixed(2)}%)` : "0";
}

/** The range of an estimate that may be used, or of a noisy count, at most to the end of the scale.
 * @param {HTMLElement} whisker @param {Quantity} count @param {number} scale */
function placeWhisker(whisker, count, scale) {
  whisker.hidden = !isDrawn(count) || count.high === count.low || (count.kind === "actual" && !noisy);
  const to = Math.min(count.high, scale);
  whisker.style.insetInlineStart = `${((100 * count.low) / scale).toFixed(2)}%`;
  whisker.style.inlineSize = `${((100 * Math.max(0, to - count.low)) / scale).toFixed(2)}%`;
}

/** The heading over the column of figures. */
export function makeHead() {
  const name = el("span", { class: "count" });
  const element = el("div", { class: "bar head", "aria-hidden": "true" }, el("span"), name);
  const update = (/** @type {boolean} */ shares) => (name.textContent = t(shares ? "chart.share" : "chart.count"));
  return { element, update };
}

/** The count that a full bar stands for: the largest in sight, or the end of its range. @param {Bar[]} bars */
export function scaleOf(bars) {
  const ends = bars.map(({ count }) =>
    isDrawn(count) && (count.kind === "estimate" || noisy) ? count.high : (count.value ?? 0),
  );
  return Math.max(1, ...ends);
}
