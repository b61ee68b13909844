// Figures as the page writes them, long or short, as a count or as a share: never without a sign of what they are.

import { noisy } from "../data/payload.js";
import { USELESS } from "../data/intervals.js";
import { facts } from "./facts.js";
import { formatDifference, formatNumber, formatShare, t } from "./texts.js";

/** @typedef {import("../data/quantity.js").Quantity} Quantity */
/** @typedef {(value: number) => string} Format */

/** A figure in words, with the range of an estimate or of a noisy count.
 * @param {Quantity} quantity @param {Format} [format] */
export function writeLong(quantity, format = formatNumber) {
  const { value, kind, low, high, grade } = quantity;
  if (value === null) return writeMissing(quantity);
  const range = { count: format(value), low: format(low), high: format(high) };
  if (kind === "estimate") return t(grade === USELESS ? "number.useless" : "number.estimate", range);
  return noisy && high > low ? t("number.interval", range) : range.count;
}

/** The same, short enough for a narrow column. @param {Quantity} quantity @param {Format} [format] */
export function writeShort({ value, kind, grade }, format = formatNumber) {
  if (value === null) return kind === "withheld" ? t("number.withheld.short", facts) : "–";
  if (kind === "actual") return format(value);
  return t(grade === USELESS ? "number.useless.short" : "number.estimate.short", { count: format(value) });
}

/** How many times as often. @param {number} lift */
function formatLift(lift) {
  return `×${formatNumber(Math.round(lift * (lift < 1 ? 100 : 10)) / (lift < 1 ? 100 : 10))}`;
}

/** @param {Quantity} lift */
export function writeLift(lift) {
  if (lift.kind === "withheld") return `≤ ${formatLift(lift.high)}`;
  return writeShort(lift, formatLift);
}

/** @param {Quantity} lift */
export function writeLongLift(lift) {
  const { value, low, high } = lift;
  if (value === null) return lift.kind === "withheld" ? `≤ ${formatLift(high)}` : t("number.uncounted");
  return t("relations.lift.said", { lift: formatLift(value), low: formatLift(low), high: formatLift(high) });
}

/** A share in words; of what is withheld, the most that it can be. @param {Quantity} quantity */
export function writeLongShare(quantity) {
  if (quantity.kind === "withheld") return t("number.withheld.share", { high: formatShare(quantity.high) });
  return writeLong(quantity, formatShare);
}

/** @param {Quantity} quantity */
export function writeShortShare(quantity) {
  if (quantity.kind === "withheld") return `≤ ${formatShare(quantity.high)}`;
  return writeShort(quantity, formatShare);
}

/** @param {Quantity} quantity */
function writeMissing({ kind }) {
  return kind === "withheld" ? t("number.withheld", facts) : t("number.uncounted");
}

/** What the percentages of a chart are of. @param {import("../data/figures.js").Figures} figures
 * @param {number} position of the chart */
export function writeBase({ base, informed }, position) {
  return t(informed(position) ? "chart.base.informed" : "chart.base", { base: writeLong(base(position)) });
}

/** What a figure is. @param {Quantity} quantity */
export function writeKind({ kind, grade }) {
  return kind === "estimate"
    ? t("kind.graded", { kind: t("kind.estimate"), grade: t(`grade.${grade}`) })
    : t(`kind.${kind}`);
}

/** The columns of files that say what a figure is, and its values; a share has no kind of its own.
 * @param {string} [prefix] @param {string} [suffix] */
export function nameParts(prefix = "count", suffix = "") {
  return [`kind${suffix}`, `${prefix}${suffix}`, `${prefix}_low${suffix}`, `${prefix}_high${suffix}`, `grade${suffix}`];
}

/** @param {Quantity} quantity @returns {(string|number|null)[]} in the order of `nameParts` */
export function listParts({ value, kind, low, high, grade }) {
  return [kind, value, low, high, kind === "estimate" ? grade : ""];
}

/** How far two shares are apart, in percentage points; nothing if either is missing or not to be used.
 * @param {Quantity} one @param {Quantity} other */
export function writePoints(one, other) {
  if (one.value === null || other.value === null || one.grade === USELESS || other.grade === USELESS) return "–";
  const points = formatDifference(Math.round(1000 * (other.value - one.value)) / 10);
  const estimated = one.kind === "estimate" || other.kind === "estimate";
  const written = t("compare.points", { points });
  return estimated ? t("number.estimate.short", { count: written }) : written;
}
