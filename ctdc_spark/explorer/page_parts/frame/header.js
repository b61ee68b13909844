// The header: title, facts and guarantee of the release; the language; the texts that never change.

import { byId, choice, el, isolated } from "../drawing/dom.js";
import { facts } from "../words/facts.js";
import { payload, release } from "../data/payload.js";
import { writeFragment } from "./state.js";
import { fill, formatDate, formatNumber, formatRoughly, language, listLanguages, lookUp, t } from "../words/texts.js";

export function buildHeader() {
  byId("title").append(isolated(release.title));
  if (payload.logo !== null) byId("logo").append(el("img", { src: payload.logo, alt: "", height: 48 }));
  const date = release.published_at === null ? "" : formatDate(release.published_at);
  const byline = t(date ? "byline.dated" : "byline", { id: release.release_id, date });
  byId("byline").append(isolated(byline));
  byId("guarantee").append(facts.guarantee);
  byId("summary").append(writeSummary());
  const items = [
    t("explore.lede"),
    t("explore.keys"),
    ...lookUp("about.sections")[0].items.map((/** @type {string} */ item) => fill(item, facts)),
  ];
  byId("how-items").append(...items.map((item) => el("li", {}, item)));
  byId("foot").append(isolated(t("foot", facts)));
  byId("facts").append(...listFacts().map(drawFact));
  byId("language").append(choice(t("language.label"), listLanguages(), language, changeLanguage));
}

/** One sentence that says how many subjects there are and what can be relied on. */
function writeSummary() {
  const subjects = release.subjects === null ? t("number.withheld", facts) : formatNumber(release.subjects);
  const said = [t("summary.subjects", { subjects })];
  if (release.length < 0) return [...said, t("summary.all")].join(" ");
  said.push(t(release.length === 1 ? "summary.actual.one" : "summary.actual", facts));
  const error = payload.metrics.find(
    ({ metric, reference, length, count_from }) =>
      metric === "mean_relative_error" && reference === "reported" && length === release.length && count_from === null,
  );
  if (error && error.value !== null) said.push(t("summary.estimates", { error: formatRoughly(error.value) }));
  return said.join(" ");
}

/** @returns {[string, string, string][]} name, figure, note */
function listFacts() {
  const all = release.length < 0;
  return [
    [
      "subjects",
      release.subjects === null ? t("number.withheld", facts) : formatNumber(release.subjects),
      "fact.subjects.note",
    ],
    ["records", formatNumber(release.records), "fact.records.note"],
    ["k", facts.k, "fact.k.note"],
    ["length", facts.length, all ? "fact.length.all.note" : "fact.length.note"],
  ];
}

/** @param {[string, string, string]} fact */
function drawFact([name, value, note]) {
  const figure = el("span", { class: "figure" }, value);
  const explained = el("dd", {}, figure, el("span", { class: "note" }, t(note, facts)));
  const fact = el("div", {}, el("dt", {}, t(`fact.${name}`)), explained);
  fact.dataset.fact = name;
  return fact;
}

/** The texts are chosen when the page opens, so it is opened again at the same place. @param {string} code */
function changeLanguage(code) {
  const [view, query] = writeFragment()
    .slice(1)
    .split(/\?(.*)/s);
  const asked = new URLSearchParams(query ?? "");
  asked.set("lang", code);
  location.hash = `${view}?${asked}`;
  location.reload();
}

export function fillStaticTexts() {
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = t(/** @type {HTMLElement} */ (element).dataset.text ?? "");
  }
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", t(/** @type {HTMLElement} */ (element).dataset.label ?? ""));
  }
}
