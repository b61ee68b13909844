// The one way to make elements. Values reach the page as text nodes only.

/** @typedef {Node|string|null} Child */

/** Make an element: attributes by name, children as elements or as text; null is left out.
 * @param {string} tag @param {Record<string, string|number|boolean|null>} [attributes] @param {...Child} children
 * @returns {any} */
export function el(tag, attributes = {}, ...children) {
  return furnish(document.createElement(tag), attributes, children);
}

/** The same for SVG.
 * @param {string} tag @param {Record<string, string|number|boolean|null>} [attributes] @param {...Child} children
 * @returns {any} */
export function svg(tag, attributes = {}, ...children) {
  return furnish(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

/** @param {Element} element @param {Record<string, string|number|boolean|null>} attributes @param {Child[]} children */
function furnish(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** @param {string} id @returns {any} */
export function byId(id) {
  return document.getElementById(id);
}

/** Text of any direction that keeps the text around it in order, and may break after a sign such as "/".
 * @param {string} text */
export function isolated(text) {
  const parts = text.split(/(?<=[/_;,|-])(?=\p{L})/u);
  const children = parts.flatMap((part, position) => (position === 0 ? [part] : [el("wbr"), part]));
  return el("bdi", {}, ...children);
}

/** Text that is heard, not seen. @param {string} text */
export function hidden(text) {
  return el("span", { class: "hear" }, text);
}

/** A button. @param {string} text @param {() => unknown} act @param {Record<string, string|null>} [attributes] */
export function button(text, act, attributes = {}) {
  const made = el("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", act);
  return made;
}

/** A labelled list to choose from.
 * @param {string} label @param {[string, string][]} options @param {string} value @param {(value: string) => void} act */
export function choice(label, options, value, act) {
  const list = el("select", {}, ...options.map(([code, name]) => el("option", { value: code }, name)));
  list.value = value;
  list.addEventListener("change", () => act(list.value));
  return el("label", { class: "field" }, el("span", { class: "label" }, label), list);
}
