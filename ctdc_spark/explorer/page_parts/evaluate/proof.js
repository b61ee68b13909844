// The proof's outcome: what was established on the original cases before publication.

import { el } from "../drawing/dom.js";
import { facts } from "../words/facts.js";
import { payload, release } from "../data/payload.js";
import { formatNumber, formatShare, t } from "../words/texts.js";

// What each proved measure must be, over all lengths.
const PROOF = { rare: 0, leakage: 0, fabrication: 0, strict_share: 1 };

/** Metrics with a value, over all counts. @param {string} metric @param {string} reference */
export function valuesOf(metric, reference) {
  return payload.metrics.filter(
    (row) => row.metric === metric && row.reference === reference && row.value !== null && row.count_from === null,
  );
}

export function drawProof() {
  const items = Object.entries(PROOF).map(([metric, wanted]) => drawOutcome(metric, wanted));
  return el(
    "section",
    { "aria-labelledby": "proof-heading" },
    el("h3", { id: "proof-heading" }, t("proof.heading")),
    el("p", { class: "lede" }, facts.guarantee),
    el("p", { class: "lede" }, t("proof.lede")),
    el("dl", { class: "tiles" }, ...items.filter((item) => item !== null)),
  );
}

/** One tile: the worst value over all lengths, with a word and a sign, not just a colour.
 * @param {string} metric @param {number} wanted */
function drawOutcome(metric, wanted) {
  const found = valuesOf(metric, "proof").map((row) => /** @type {number} */ (row.value));
  // Guarantees other than the strict one do not state a strict share.
  if (found.length === 0 && metric === "strict_share" && release.guarantee !== "strict") return null;
  const worst = wanted === 0 ? Math.max(...found) : Math.min(...found);
  const outcome = found.length === 0 ? "missing" : worst === wanted ? "passed" : "failed";
  const write = wanted === 0 ? formatNumber : formatShare;
  const sign = { passed: "✓", failed: "✗", missing: "–" }[outcome];
  const badge = el(
    "span",
    { class: "badge" },
    el("span", { "aria-hidden": "true" }, sign),
    ` ${t(`proof.${outcome}`)}`,
  );
  const tile = el(
    "div",
    { class: `tile ${outcome}` },
    el("dt", {}, t(`metric.${metric}`)),
    el(
      "dd",
      {},
      el("span", { class: "figure" }, outcome === "missing" ? "–" : write(worst)),
      badge,
      el("span", { class: "note" }, t(`metric.${metric}.text`, facts)),
    ),
  );
  tile.dataset.metric = metric;
  return tile;
}
