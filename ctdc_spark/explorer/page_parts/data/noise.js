// How far noise may have moved an actual count: error bars under differential privacy.

import { payload } from "./payload.js";

const DEVIATIONS_95 = 1.96; // standard deviations within which 95 % of a normal distribution lie

/** @type {number[]} */
const margins = [];
for (const { metric, length, value } of payload.metrics) {
  if (metric === "noise_scale" && length !== null && value !== null) margins[length] = DEVIATIONS_95 * value;
}

/** Half the width of the interval that holds 95 % of the noise on measured counts of this many attributes; 0 if there
 * is none; the number of all subjects (length 0) is taken to be as noisy as single attributes. @param {number} length */
export function marginOf(length) {
  return margins[length === 0 ? 1 : length] ?? 0;
}
