// Starts the page: header first, then the data, then the view that the address names; the others when they are opened.

import { buildAbout } from "./about/about.js";
import { buildCompare } from "./compare/compare.js";
import { button, byId, el, isolated } from "./drawing/dom.js";
import { buildEvaluate } from "./evaluate/evaluate.js";
import { buildExplore } from "./explore/explore.js";
import { buildHeader, fillStaticTexts } from "./frame/header.js";
import { buildModel } from "./data/model.js";
import { buildRelations } from "./relations/relations.js";
import { buildReport } from "./report/report.js";
import { change, connectAddress, follow, state, VIEWS } from "./frame/state.js";
import { t } from "./words/texts.js";

/** Builders by view: each makes its view once and returns a function that redraws it, or nothing if it never changes.
 * @type {Record<string, (model: import("./types.js").Model) => (() => void)|void>} */
const BUILDERS = {
  explore: buildExplore,
  compare: buildCompare,
  relations: buildRelations,
  evaluate: buildEvaluate,
  report: buildReport,
  about: buildAbout,
};
/** @type {Record<string, () => void>} */
const drawers = {};

async function start() {
  fillStaticTexts();
  buildHeader();
  connectAddress(showUnknown);
  connectLinks();
  for (const view of VIEWS) {
    byId("view-links").append(el("li", {}, el("a", { href: `#${view}` }, t(`view.${view}`))));
  }
  const model = await buildModel(byId("arrays").textContent);
  byId("arrays").textContent = "";
  byId("loading").hidden = true;
  follow((before) => {
    showView(model);
    if (before.view === state.view) return;
    byId(`${state.view}-heading`).focus({ preventScroll: true });
    byId("views").scrollIntoView();
  });
  showView(model);
  document.documentElement.dataset.ready = "true";
}

/** Say what a link names that this release does not have: without it, the figures are of another selection.
 * @param {string[]} unknown */
function showUnknown(unknown) {
  const notice = byId("dropped");
  notice.hidden = unknown.length === 0;
  if (unknown.length === 0) return notice.replaceChildren();
  const close = button(t("dropped.close"), () => (notice.hidden = true), { class: "small" });
  notice.replaceChildren(el("span", {}, t("dropped"), " ", isolated(unknown.join(", ").slice(0, 300)), ". "), close);
}

/** Links within the page also work without an address: a page in a notebook's frame has none of its own. */
function connectLinks() {
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest('a[href^="#"]') : null;
    if (!(link instanceof HTMLAnchorElement)) return;
    event.preventDefault();
    const name = (link.getAttribute("href") ?? "").slice(1);
    if (VIEWS.includes(name)) change({ view: name });
    else byId(name)?.focus();
  });
}

/** @param {import("./types.js").Model} model */
function showView(model) {
  const { view } = state;
  for (const name of VIEWS) byId(name).hidden = name !== view;
  for (const link of byId("view-links").querySelectorAll("a")) {
    if (link.hash === `#${view}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  drawers[view] ??= BUILDERS[view](model) ?? (() => {});
  drawers[view]();
}

start();
