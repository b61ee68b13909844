// The combinations whose estimates are furthest off, each with a link to it in Explore.

import { fullName } from "../words/attributes.js";
import { button, choice, el, isolated } from "../drawing/dom.js";
import { saveMenu } from "../files/downloads.js";
import { keyOf } from "../data/payload.js";
import { change } from "../frame/state.js";
import { drawRow, drawTable } from "../drawing/tables.js";
import { formatDifference, formatNumber, formatShare, t } from "../words/texts.js";

const MOST = 50;

/** @typedef {{ids: number[], actual: number, estimated: number, score: number}} Found */

/** @type {Record<string, (estimated: number, actual: number) => number>} */
const SCORES = {
  absolute: (estimated, actual) => Math.abs(estimated - actual),
  relative: (estimated, actual) => Math.abs(estimated - actual) / actual,
};

/** @param {import("../types.js").Reported[]} reported */
export function drawWorst(reported) {
  const body = el("div", {});
  let shown = /** @type {Found[]} */ ([]);
  let score = "absolute";
  let length = 0;
  const title = t("worst.title");
  const head = ["combination", "estimated", "actual", "difference", "relative"].map((name) => t(`worst.${name}`));

  function draw() {
    shown = findWorst(reported, SCORES[score], length);
    body.replaceChildren(drawTable(title, head, shown.map(drawFound)));
  }

  const scores = /** @type {[string, string][]} */ (Object.keys(SCORES).map((name) => [name, t(`worst.by.${name}`)]));
  const lengths = /** @type {[string, string][]} */ ([
    ["0", t("worst.all")],
    ...reported.map((_, i) => [String(i + 1), formatNumber(i + 1)]),
  ]);
  const tools = el(
    "div",
    { class: "toolbar plain" },
    choice(t("worst.by"), scores, score, (value) => ((score = value), draw())),
    choice(t("worst.length"), lengths, "0", (value) => ((length = Number(value)), draw())),
    saveMenu(title, () => tableOfWorst(shown), null),
  );
  draw();
  return el(
    "section",
    { id: "worst" },
    el("h3", {}, title),
    el("p", { class: "lede" }, t("worst.lede")),
    tools,
    el("div", { class: "framed" }, body),
  );
}

/** The MOST combinations with the highest score. @param {import("../types.js").Reported[]} reported
 * @param {(estimated: number, actual: number) => number} score @param {number} length 0 for all @returns {Found[]} */
function findWorst(reported, score, length) {
  /** @type {Found[]} */
  const worst = [];
  reported.forEach(({ columns, actual, estimated }, position) => {
    if (length > 0 && position + 1 !== length) return;
    for (let i = 0; i < actual.length; i++) {
      const reached = score(estimated[i], actual[i]);
      if (worst.length === MOST && reached <= worst[MOST - 1].score) continue;
      const found = { ids: columns.map((ids) => ids[i]), actual: actual[i], estimated: estimated[i], score: reached };
      let at = worst.length;
      while (at > 0 && worst[at - 1].score < reached) at--;
      worst.splice(at, 0, found);
      worst.length = Math.min(worst.length, MOST);
    }
  });
  return worst;
}

/** @param {Found} found */
function drawFound({ ids, actual, estimated }) {
  const names = ids.map(fullName).join(" · ");
  const link = button("", () => change({ view: "explore", selected: ids, page: 0, search: "", smallest: 0 }), {
    class: "link",
  });
  link.append(isolated(names));
  const figures = [
    formatNumber(estimated),
    formatNumber(actual),
    formatDifference(estimated - actual),
    formatShare((estimated - actual) / actual),
  ];
  return drawRow([link], figures);
}

/** @param {Found[]} found @returns {import("../types.js").Table} */
function tableOfWorst(found) {
  const rows = found.map(({ ids, actual, estimated }) => [ids.map(keyOf).join(";"), estimated, actual]);
  return { title: t("worst.title"), head: ["combination", "estimated", "actual"], rows };
}
