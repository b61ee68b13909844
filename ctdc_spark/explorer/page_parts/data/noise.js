// How far noise may have moved an actual count: error bars where differential privacy protects them.

import { payload } from "./payload.js";

const DEVIATIONS_95 = 1.96; // of a normal distribution: 95 % lie within

/** @type {number[]} */
const margins = [];
for (const { metric, length, value } of payload.metrics) {
  if (metric === "noise_scale" && length !== null && value !== null) margins[length] = DEVIATIONS_95 * value;
}

/** Half of the interval that holds 95 % of the noise with which counts of this many attributes were measured; 0 where
 * there is none. @param {number} length */
export function marginOf(length) {
  return margins[length] ?? 0;
}
