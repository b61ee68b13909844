// The rows of a bar chart: made once, then only their lengths and figures change.

import { labelOf } from "./attributes.js";
import { el, isolated } from "./dom.js";
import { spoken, writeActual, writeActualShort, writeCount } from "./figures.js";
import { columnOf, payload } from "./payload.js";
import { t } from "./texts.js";

/** @typedef {import("./attributes.js").Bar} Bar */

/** A row that is a button; `press` is told the attribute. @param {number} id @param {(id: number) => void} press */
export function makeRow(id, press) {
  const estimatedLine = el("span", { class: "line estimated" });
  const actualLine = el("span", { class: "line actual" });
  const estimatedText = el("span", { class: "count estimated" });
  const actualText = el("span", { class: "count actual" });
  const bar = el(
    "button",
    { type: "button", class: "bar", "aria-pressed": "false" },
    el("span", { class: "name", title: labelOf(id) }, isolated(labelOf(id))),
    el("span", { class: "lines", "aria-hidden": "true" }, estimatedLine, actualLine),
    estimatedText,
    actualText,
  );
  bar.dataset.column = payload.columns[columnOf[id]].name;
  bar.dataset.value = payload.attributes[id].value;
  bar.addEventListener("click", () => press(id));
  const element = el("li", { class: "bar-item" }, bar);

  /** @param {Bar} figures @param {number} scale the count of a full bar @param {number} [whole] */
  function update(figures, scale, whole) {
    const { estimated, actual } = figures;
    // Through the style object: the security policy refuses style attributes written as text.
    estimatedLine.style.inlineSize = `${((100 * estimated) / scale).toFixed(2)}%`;
    actualLine.style.inlineSize = actual < 0 ? "" : `${((100 * actual) / scale).toFixed(2)}%`;
    actualLine.className = actual < 0 ? "line none" : "line actual";
    estimatedText.replaceChildren(
      ...spoken(t("chart.estimated"), writeCount(estimated, whole), writeCount(estimated, whole)),
    );
    actualText.replaceChildren(
      ...spoken(t("chart.actual"), writeActualShort(actual, whole), writeActual(actual, whole)),
    );
    actualText.classList.toggle("withheld", actual < 0);
  }

  /** @param {boolean} pressed */
  function press_(pressed) {
    bar.setAttribute("aria-pressed", String(pressed));
  }

  return { element, update, setPressed: press_ };
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
