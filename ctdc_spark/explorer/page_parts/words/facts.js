// The facts of this release that the texts may name, and its guarantee in plain words.

import { noisy, payload, reach, release } from "../data/payload.js";
import { formatNumber, t } from "./texts.js";

// A round example of a protected count: a multiple of the precision that is not below the threshold.
const example = Math.ceil((12 * release.threshold) / release.precision) * release.precision;

/** @type {Record<string, string>} */
export const facts = {
  id: release.release_id,
  title: release.title,
  name: noisy ? release.guarantee.slice("dp: ".length) : release.guarantee,
  k: formatNumber(release.threshold),
  below: formatNumber(release.threshold - 1),
  precision: formatNumber(release.precision),
  length: release.length < 0 ? t("fact.length.all") : formatNumber(release.length),
  reach: formatNumber(reach),
  shown: formatNumber(payload.shown_records),
  records: formatNumber(release.records),
  example: formatNumber(example),
  example_end: formatNumber(example + release.precision - 1),
};
const promise = /^\d+$/.test(release.guarantee) ? "length" : noisy ? "dp" : release.guarantee;
const known = ["strict", "length", "k_synthetic", "dp"].includes(promise);
const fine = release.precision < release.threshold;
facts.withheld = t(fine ? "withheld.derivable" : "withheld.narrowed", facts); // shown if no noise protects the counts
const records = t(known ? `guarantee.${promise}` : "guarantee.other", facts);
const exact = release.mode === "row_seeded" ? [t("guarantee.row_seeded")] : [];
facts.guarantee = noisy ? records : [records, facts.withheld, ...exact].join(" ");
