// The selection in words: each attribute with a button to remove it, how many records, and whether actual counts exist
// for it.

import { fullName } from "../words/attributes.js";
import { button, el, isolated } from "../drawing/dom.js";
import { shorten } from "../drawing/figureframe.js";
import { facts } from "../words/facts.js";
import { writeLong } from "../words/figures.js";
import { reach, release } from "../data/payload.js";
import { formatNumber, t } from "../words/texts.js";

/** @param {number[]} selected @param {(selected: number[]) => void} act @returns {HTMLElement} */
export function drawChips(selected, act) {
  const items = selected.map((id) => {
    const name = fullName(id);
    const remove = button("", () => act(selected.filter((other) => other !== id)), {
      class: "chip",
      "aria-label": t("selection.remove", { name }),
    });
    remove.append(isolated(name), el("span", { class: "cross", "aria-hidden": "true" }, "×"));
    return el("li", {}, remove);
  });
  return el("ul", { class: "chips", role: "list" }, ...items);
}

/** A button that copies an address, for whoever has the file. @param {string} text @param {() => string} write what
 * follows the address of the file @param {Record<string, string>} [attributes] */
export function copyButton(text, write, attributes = {}) {
  const said = el("span", { class: "hear", role: "status" });
  const copy = button(t(text), act, { class: "small", ...attributes });

  async function act() {
    const address = `${location.href.split("#")[0]}${write()}`;
    try {
      await navigator.clipboard.writeText(address);
    } catch {
      copyBySelection(address); // in frames and where the clipboard is refused
    }
    copy.textContent = t("selection.copied");
    said.textContent = t("selection.copied");
    setTimeout(() => {
      copy.textContent = t(text);
      said.textContent = "";
    }, 3000);
  }

  return el("span", {}, copy, said);
}

/** @param {string} text */
function copyBySelection(text) {
  const field = el("textarea", { class: "hear", "aria-hidden": "true" });
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

/** One sentence about a selection: its figure, and how far actual counts reach.
 * @param {number[]} selected @param {import("../data/quantity.js").Quantity} whole */
export function writeSelection(selected, whole) {
  if (selected.length === 0) return t("selection.none", { subjects: writeLong(whole) });
  const sentence = t(whole.kind === "actual" ? "selection.actual" : "selection.other", {
    figure: writeLong(whole),
    kind: t(`kind.${whole.kind}`),
  });
  return `${sentence} ${writeReach(selected)}`.trim();
}

/** How far actual counts reach, and what to give up to see them again. @param {number[]} selected */
function writeReach(selected) {
  if (selected.length < reach) return "";
  const much = selected.length - reach + 1;
  const values = { ...facts, name: shorten(fullName(selected[selected.length - 1]), 60), number: formatNumber(much) };
  const drop = much === 1 ? "selection.drop" : "selection.drop.several";
  const advice = reach > 1 ? ` ${t(drop, values)}` : "";
  if (release.length >= 0 && reach < release.length) return t("selection.beyond_page", facts) + advice;
  return t(selected.length === reach ? "selection.last" : "selection.beyond", facts) + advice;
}
