// Files from the page: a chart as SVG or PNG, its figures as CSV. Nothing leaves the machine.

import { button, el, svg } from "../drawing/dom.js";
import { addContext } from "./context.js";
import { facts } from "../words/facts.js";
import { frameCopy } from "../drawing/figureframe.js";
import { quoteFormulas } from "./formulas.js";
import { release } from "../data/payload.js";
import { t } from "../words/texts.js";

/** @typedef {import("../types.js").Table} Table */

/** A menu of the files a chart can be saved as. A figure that is part of the page gets a frame with its title, these
 * notes and a legend of these kinds; one that was drawn for the file has them already.
 * @param {string} title @param {() => Table} makeTable @param {(() => SVGElement|HTMLCanvasElement)|null} drawFigure
 * @param {() => {notes: string[], kinds: Iterable<string>}} [describe] */
export function saveMenu(title, makeTable, drawFigure, describe = () => ({ notes: [], kinds: [] })) {
  const file = (/** @type {string} */ ending) => `${fileStem(title)}.${ending}`;
  const name = (/** @type {string} */ kind) => ({ "aria-label": t("save.label", { title, kind }) });
  const entries = [
    button("CSV", () => saveText(file("csv"), "text/csv", `\ufeff${writeCsv(addContext(makeTable()))}`), name("CSV")),
  ];
  if (drawFigure !== null) {
    const save = () => finishSvg(drawFigure(), title, describe());
    entries.push(button("SVG", () => saveText(file("svg"), "image/svg+xml", writeSvg(save())), name("SVG")));
    entries.push(button("PNG", () => savePng(file("png"), save()), name("PNG")));
  }
  const menu = el("details", { class: "menu" }, el("summary", { "aria-label": t("save.menu", { title }) }, t("save")));
  menu.append(el("div", { class: "menu-list" }, ...entries));
  return menu;
}

/** @param {string} title */
export function fileStem(title) {
  const safe = title
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 60);
  return `${release.release_id}-${safe || "chart"}`;
}

/** Comma-separated values as in RFC 4180; text that a spreadsheet would run as a formula is escaped.
 * @param {Table} table */
export function writeCsv(table) {
  const cell = (/** @type {string|number|null} */ value) => {
    if (typeof value === "number") return String(Number.isInteger(value) ? value : Number(value.toFixed(6)));
    const text = quoteFormulas(value ?? "");
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [table.head, ...table.rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

/** @param {string} name @param {string} type @param {string} text */
export function saveText(name, type, text) {
  saveBlob(name, new Blob([text], { type }));
}

/** @param {string} name @param {Blob} blob */
export function saveBlob(name, blob) {
  const address = URL.createObjectURL(blob);
  const link = el("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

const INLINED = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "font-size",
  "font-weight",
  "font-family",
  "text-anchor",
  "dominant-baseline",
  "opacity",
];

/** A figure as a file: with its background, and what a picture must say of itself.
 * @param {SVGElement|HTMLCanvasElement} figure @param {string} title
 * @param {{notes: string[], kinds: Iterable<string>}} described */
function finishSvg(figure, title, described) {
  const style = figure.isConnected ? getComputedStyle(document.body) : null;
  const size = sizeOfFigure(figure);
  const fill = style?.getPropertyValue("--ink") ?? "";
  const picture = style ? frameCopy(copyFigure(figure, size), size, { title, ...described, fill }) : figure;
  const [width, height] = sizeOfFigure(picture);
  picture.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  picture.setAttribute("width", String(width));
  picture.setAttribute("height", String(height));
  const ground = style?.getPropertyValue("--paper") ?? "#ffffff";
  picture.prepend(svg("title", {}, `${title}. ${t("foot.file", facts)}`), svg("rect", { width, height, fill: ground }));
  return /** @type {SVGElement} */ (picture);
}

/** @param {Element} figure @returns {[number, number]} */
function sizeOfFigure(figure) {
  if (figure instanceof HTMLCanvasElement) return [figure.width, figure.height];
  const [, , width, height] = (figure.getAttribute("viewBox") ?? "0 0 800 400").split(" ").map(Number);
  return [width, height];
}

/** A copy of a figure of the page that needs no style sheet. @param {SVGElement|HTMLCanvasElement} figure
 * @param {[number, number]} size @returns {SVGElement} */
function copyFigure(figure, [width, height]) {
  if (figure instanceof HTMLCanvasElement) {
    const image = svg("image", { href: figure.toDataURL("image/png"), width, height });
    return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height }, image);
  }
  const copy = /** @type {SVGElement} */ (figure.cloneNode(true));
  const originals = [figure, ...figure.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((element, position) => {
    const style = getComputedStyle(originals[position]);
    for (const name of INLINED) element.setAttribute(name, style.getPropertyValue(name));
  });
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  return copy;
}

/** @param {SVGElement} figure */
function writeSvg(figure) {
  return new XMLSerializer().serializeToString(figure);
}

/** @param {string} name @param {SVGElement} figure */
function savePng(name, figure) {
  const image = new Image();
  image.addEventListener("load", () => {
    const canvas = el("canvas", { width: 2 * image.naturalWidth, height: 2 * image.naturalHeight });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((/** @type {Blob|null} */ blob) => blob && saveBlob(name, blob));
  });
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(writeSvg(figure))}`;
}
