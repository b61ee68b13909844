// Whether the ranges of estimates hold: by the cross-check on the combinations that have both numbers.

import { el } from "../drawing/dom.js";
import { facts } from "../words/facts.js";
import { nameLength } from "./fidelity.js";
import { payload } from "../data/payload.js";
import { drawRow, drawTable } from "../drawing/tables.js";
import { formatNumber, formatShare, t } from "../words/texts.js";

export function drawRanges() {
  const { lengths } = payload.intervals;
  if (lengths.length === 0) return [];
  const learnt = lengths.filter(({ extrapolated }) => !extrapolated);
  const rows = learnt.map(({ checked, learnt: number }, i) =>
    drawRow([nameLength(i + 1)], [formatNumber(number), checked === null ? t("ranges.few") : formatShare(checked)]),
  );
  const beyond = t("ranges.beyond", { length: formatNumber(learnt.length) });
  rows.push(drawRow([beyond], [formatNumber(0), t("ranges.extrapolated")]));
  const head = ["length", "learnt", "inside"].map((name) => t(`ranges.${name}`));
  return [
    el(
      "section",
      { id: "ranges" },
      el("h3", {}, t("ranges.heading")),
      el("p", { class: "lede" }, t("ranges.lede", facts)),
      el("div", { class: "framed" }, drawTable(t("ranges.heading"), head, rows)),
    ),
  ];
}
