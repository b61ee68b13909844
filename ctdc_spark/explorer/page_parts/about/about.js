// The About view: how to read the page, its limits, the method, the codebook and the settings.

import { byId, el, isolated } from "../drawing/dom.js";
import { labelOf, titleOf } from "../words/attributes.js";
import { facts } from "../words/facts.js";
import { payload, release } from "../data/payload.js";
import { fill, formatDate, lookUp, t } from "../words/texts.js";
import { drawTable } from "../drawing/tables.js";

export function buildAbout() {
  const sections = lookUp("about.sections").map((/** @type {{title: string, items: string[]}} */ section) =>
    el(
      "section",
      {},
      el("h3", {}, section.title),
      el("ul", {}, ...section.items.map((item) => el("li", {}, fill(item, facts)))),
    ),
  );
  byId("about-body").append(...sections, drawMethod(), drawCitation());
  byId("about").append(drawCodebook());
  if (release.settings.length > 0) byId("about").append(drawSettings());
}

function drawMethod() {
  const rows = {
    release: release.release_id,
    published: release.published_at === null ? t("number.none") : formatDate(release.published_at),
    threshold: facts.k,
    precision: facts.precision,
    length: facts.length,
    guarantee: release.guarantee,
    mode: release.mode,
    versions: release.versions.map(([name, version]) => `${name} ${version}`).join(", ") || t("number.none"),
  };
  const list = el("dl", { class: "method" });
  for (const [key, value] of Object.entries(rows)) {
    list.append(el("div", {}, el("dt", {}, t(`about.${key}`)), el("dd", {}, isolated(value))));
  }
  return el("section", {}, el("h3", {}, t("about.method")), list);
}

/** Every published value with its label, under its column. */
function drawCodebook() {
  const rows = payload.charts.flatMap((chart) =>
    payload.attributes
      .slice(chart.start, chart.end)
      .map((attribute, i) =>
        el(
          "tr",
          {},
          el("th", { scope: "row" }, isolated(payload.columns[attribute.column].name)),
          ...[attribute.value, labelOf(chart.start + i), titleOf(chart)].map((text) => el("td", {}, isolated(text))),
        ),
      ),
  );
  const head = ["column", "value", "label", "chart"].map((name) => t(`about.codebook.${name}`));
  return fold(t("about.codebook"), () => drawTable(t("about.codebook"), head, rows, "texts"));
}

function drawSettings() {
  const rows = release.settings.map(([key, value]) =>
    el("tr", {}, el("th", { scope: "row" }, isolated(key)), el("td", {}, el("code", {}, isolated(value)))),
  );
  const head = ["about.setting", "about.setting.value"].map((key) => t(key));
  return fold(t("about.settings"), () => drawTable(t("about.settings"), head, rows, "texts settings"));
}

/** @param {string} summary @param {() => Node} draw drawn when it is first opened */
function fold(summary, draw) {
  const details = el("details", { class: "fold" }, el("summary", {}, summary));
  details.addEventListener("toggle", () => details.append(draw()), { once: true });
  return details;
}

function drawCitation() {
  const dated = release.published_at !== null;
  const values = { ...facts, date: release.published_at === null ? "" : formatDate(release.published_at) };
  const text = t(dated ? "about.cite.text" : "about.cite.undated", values);
  const map = payload.world === null ? [] : [el("p", { class: "note" }, t("about.map"))];
  return el("section", {}, el("h3", {}, t("about.cite")), el("p", {}, isolated(text)), ...map);
}
