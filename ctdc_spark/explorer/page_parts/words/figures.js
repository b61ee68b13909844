// Figures as the page writes them: estimated and actual counts, and the text where there is none.

import { facts } from "./facts.js";
import { NOT_REPORTED, UNKNOWN } from "../data/lookup.js";
import { formatDifference, formatNumber, formatShare, t } from "./texts.js";

/** An actual count in words. @param {number} actual @param {number} [whole] denominator, for a percentage */
export function writeActual(actual, whole) {
  if (actual === NOT_REPORTED) return t("number.withheld", facts);
  if (actual === UNKNOWN) return t("number.unknown");
  return writeCount(actual, whole);
}

/** An actual count in words, with the margin of its noise. @param {number} actual @param {number} margin
 * @param {number} [whole] denominator, for a percentage */
export function writeInterval(actual, margin, whole) {
  const count = writeActual(actual, whole);
  if (margin === 0 || actual < 0) return count;
  return t("number.interval", { count, margin: writeCount(Math.round(margin), whole) });
}

/** The same, short enough for a narrow column. @param {number} actual @param {number} [whole] */
export function writeActualShort(actual, whole) {
  if (actual === NOT_REPORTED) return t("number.withheld.short", facts);
  return actual === UNKNOWN ? "–" : writeCount(actual, whole);
}

/** @param {number} count @param {number} [whole] denominator, for a percentage */
export function writeCount(count, whole) {
  if (whole === undefined) return formatNumber(count);
  return whole > 0 ? formatShare(count / whole) : "–";
}

/** Estimated minus actual. @param {number} estimated @param {number} actual */
export function writeDifference(estimated, actual) {
  return actual < 0 ? "" : formatDifference(estimated - actual);
}

/** A figure for a file: a number, or words if there is none. @param {number} actual */
export function plainActual(actual) {
  return actual < 0 ? writeActual(actual) : actual;
}
