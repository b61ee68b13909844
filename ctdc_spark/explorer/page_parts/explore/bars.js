// The rows of a bar chart: made once; then only their lengths and figures change.

import { labelOf } from "../words/attributes.js";
import { el, hidden, isolated } from "../drawing/dom.js";
import { writeActualShort, writeCount, writeInterval } from "../words/figures.js";
import { columnOf, payload } from "../data/payload.js";
import { t } from "../words/texts.js";

/** @typedef {import("../words/attributes.js").Bar} Bar */

/** A row that is a button; `press` receives the attribute. @param {number} id @param {(id: number) => void} press */
export function makeRow(id, press) {
  const estimatedLine = el("span", { class: "line estimated" });
  const actualLine = el("span", { class: "line actual" });
  const whisker = el("span", { class: "whisker" });
  const estimatedText = makeFigure("estimated");
  const actualText = makeFigure("actual");
  const bar = el(
    "button",
    { type: "button", class: "bar", "aria-pressed": "false" },
    el("span", { class: "name", title: labelOf(id) }, isolated(labelOf(id))),
    el("span", { class: "lines", "aria-hidden": "true" }, estimatedLine, actualLine, whisker),
    estimatedText.element,
    actualText.element,
  );
  bar.dataset.column = payload.columns[columnOf[id]].name;
  bar.dataset.value = payload.attributes[id].value;
  bar.addEventListener("click", () => press(id));
  const element = el("li", { class: "bar-item" }, bar);

  let shown = "";

  /** @param {Bar} figures @param {number} scale the count of a full bar @param {number} [whole] */
  function update(figures, scale, whole) {
    const { estimated, actual, margin } = figures;
    const key = `${estimated} ${actual} ${margin} ${scale} ${whole}`;
    if (key === shown) return;
    shown = key;
    // Through the style object: the security policy refuses style attributes written as text.
    estimatedLine.style.inlineSize = writeLength(estimated, scale);
    actualLine.style.inlineSize = actual < 0 ? "" : writeLength(actual, scale);
    actualLine.className = actual < 0 ? "line none" : "line actual";
    const count = writeCount(estimated, whole);
    estimatedText.write(count, count);
    placeWhisker(whisker, actual < 0 ? 0 : margin, [actual, scale]);
    actualText.write(writeActualShort(actual, whole), writeInterval(actual, margin, whole));
    actualText.element.classList.toggle("withheld", actual < 0);
  }

  /** @param {boolean} pressed */
  function setPressed(pressed) {
    bar.setAttribute("aria-pressed", String(pressed));
  }

  return { element, update, setPressed };
}

/** A figure: in words for screen readers, in short form for display. @param {"estimated"|"actual"} kind */
function makeFigure(kind) {
  const heard = hidden("");
  const seen = el("span", { "aria-hidden": "true" });
  const element = el("span", { class: `count ${kind}` }, heard, seen);
  const write = (/** @type {string} */ short, /** @type {string} */ long) => {
    heard.textContent = `${t(`chart.${kind}`)}: ${long}`;
    seen.textContent = short;
    seen.title = short === long ? "" : long;
  };
  return { element, write };
}

/** A bar's length; whatever is not zero is visible. @param {number} count @param {number} scale */
function writeLength(count, scale) {
  return count > 0 ? `max(2px, ${((100 * count) / scale).toFixed(2)}%)` : "0";
}

/** An interval around an actual count, at most from zero to the end of the scale.
 * @param {HTMLElement} whisker @param {number} margin @param {[number, number]} place count and scale */
function placeWhisker(whisker, margin, [count, scale]) {
  whisker.hidden = margin === 0;
  const from = Math.max(0, count - margin);
  whisker.style.insetInlineStart = `${((100 * from) / scale).toFixed(2)}%`;
  whisker.style.inlineSize = `${((100 * (count + margin - from)) / scale).toFixed(2)}%`;
}

/** The headings over the two columns of figures. */
export function makeHead() {
  return el(
    "div",
    { class: "bar head", "aria-hidden": "true" },
    el("span"),
    el("span", { class: "count" }, t("chart.estimated")),
    el("span", { class: "count" }, t("chart.actual")),
  );
}
