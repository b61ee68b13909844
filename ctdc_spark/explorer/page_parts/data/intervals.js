// Within which range estimates usually lie: learnt from the combinations that have both numbers, when the page was made
// (ctdc_spark/explorer/intervals.py, which reads them in the same way).

import { payload } from "./payload.js";

/** How far an estimate can be relied on. @typedef {"good"|"rough"|"useless"} Grade */

export const USELESS = /** @type {Grade} */ ("useless");

/** Where the number of subjects usually lies if so many synthetic records hold a combination of this length.
 * @param {number} synthetic above 0 @param {number} length @param {number} bound the most subjects there can be
 * @returns {{low: number, high: number, grade: Grade}} */
export function intervalOf(synthetic, length, bound) {
  const { lengths, floor, good, rough } = payload.intervals;
  if (lengths.length === 0) return { low: 0, high: bound, grade: USELESS };
  const { classes } = lengths[Math.min(length, lengths.length) - 1];
  const [, lowest, highest] = classes.findLast(([start]) => start <= synthetic) ?? classes[0];
  // An interval that reaches past the bound begins at the latest half its width (in factors) below it.
  const latest = bound / Math.sqrt(highest / Math.max(lowest, 1e-6));
  const high = Math.min(bound, Math.max(floor, Math.ceil(synthetic * highest)));
  const low = Math.min(high, Math.max(floor, Math.floor(Math.min(synthetic * lowest, latest))));
  const apart = high / Math.max(1, low);
  return { low, high, grade: apart <= good ? "good" : apart <= rough ? "rough" : USELESS };
}
