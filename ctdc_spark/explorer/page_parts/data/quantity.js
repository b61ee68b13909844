// The one rule of every figure, "actual first": what is known of how many subjects hold a combination of attributes.

import { intervalOf, USELESS } from "./intervals.js";
import { findActual, NOT_REPORTED } from "./lookup.js";
import { marginOf } from "./noise.js";
import { noisy, reach, release } from "./payload.js";

/** A figure with what it is. `value`: null if there is none. `low`, `high`: the number of subjects (or the share) lies
 * between them; for an estimate usually, otherwise always, under noise in 95 % of cases. `grade`: for an estimate how
 * far it can be relied on; "good" for all others.
 * @typedef {{value: number|null, kind: "actual"|"estimate"|"withheld"|"uncounted", low: number, high: number,
 *   grade: import("./intervals.js").Grade}} Quantity */

const MOST_PARTS = 600; // more parts of a combination than this are not looked at for bounds

/** The figure of a combination.
 *
 * actual: a protected count of these attributes is published. withheld: fewer than the threshold hold them, or nobody,
 * since they, or some of them, have no published count. estimate: more attributes than were counted; how many synthetic
 * records hold them, moved into the interval within which such numbers usually lie. uncounted: neither.
 *
 * @param {import("../types.js").Model} model @param {number[]} combination attribute ids, ascending
 * @param {number} synthetic how many synthetic records hold it; asked only if no count can exist @returns {Quantity} */
export function quantityOf({ reported }, combination, synthetic) {
  const { length } = combination;
  if (length <= reach || length === 0) {
    const actual = length === 0 ? (release.subjects ?? NOT_REPORTED) : findActual(reported, combination);
    return readCount(actual, length, boundOf(reported, combination));
  }
  const bound = boundOf(reported, combination);
  if (!noisy && bound < release.threshold) return withheld(bound);
  if (synthetic === 0) return { value: null, kind: "uncounted", low: 0, high: bound, grade: USELESS };
  const { low, high, grade } = intervalOf(synthetic, length, bound);
  return { value: Math.min(Math.max(synthetic, low), high), kind: "estimate", low, high, grade };
}

/** What a published count says, or its absence. @param {number} actual a count, or NOT_REPORTED
 * @param {number} length of its combination @param {number} bound the most subjects there can be @returns {Quantity} */
export function readCount(actual, length, bound) {
  if (actual === NOT_REPORTED) return withheld(Math.min(highOf(actual, length), bound));
  const low = noisy ? Math.max(0, actual - Math.ceil(marginOf(length))) : actual;
  const high = Math.max(actual, Math.min(highOf(actual, length), bound));
  return { value: actual, kind: "actual", low, high, grade: "good" };
}

/** @param {number} high @returns {Quantity} */
function withheld(high) {
  return { value: null, kind: "withheld", low: 0, high, grade: "good" };
}

/** The most subjects that a published count, or its absence, allows. @param {number} actual @param {number} length */
function highOf(actual, length) {
  const margin = noisy ? Math.ceil(marginOf(length)) : 0;
  if (actual === NOT_REPORTED) return release.threshold - 1 + margin;
  return actual + (noisy ? margin : release.precision - 1);
}

/** The most subjects that the counts of a combination's parts allow: it is held by no more than each of them. Of a
 * combination that was not counted, the largest parts that were.
 * @param {import("../types.js").Reported[]} reported @param {number[]} combination */
function boundOf(reported, combination) {
  const { length } = combination;
  let bound = length > 0 && release.subjects !== null ? highOf(release.subjects, 0) : Infinity;
  const look = (/** @type {number[]} */ part) => {
    bound = Math.min(bound, highOf(findActual(reported, part), part.length));
  };
  if (length <= reach) for (let size = 1; size < length; size++) eachPart(combination, size, look);
  else {
    let size = reach;
    while (size > 1 && numberOfParts(length, size) > MOST_PARTS) size--;
    if (size > 0) eachPart(combination, size, look);
  }
  return bound;
}

/** @param {number} all @param {number} size */
function numberOfParts(all, size) {
  let number = 1;
  for (let i = 0; i < size; i++) number = (number * (all - i)) / (i + 1);
  return number;
}

/** Every part of a combination with a given number of attributes. @param {number[]} combination @param {number} size
 * @param {(part: number[]) => void} act */
function eachPart(combination, size, act) {
  const part = /** @type {number[]} */ ([]);
  const extend = (/** @type {number} */ from) => {
    if (part.length === size) return act(part);
    for (let i = from; i <= combination.length - (size - part.length); i++) {
      part.push(combination[i]);
      extend(i + 1);
      part.pop();
    }
  };
  extend(0);
}

/** The share that a part has of a whole: a value only if both have one, and never more than 1.
 * @param {Quantity} part @param {Quantity} whole @returns {Quantity} */
export function shareOf(part, whole) {
  const high = whole.low > 0 ? Math.min(1, part.high / whole.low) : 1;
  if (part === whole && part.value !== null) return { ...part, value: 1, low: 1, high: 1 };
  if (whole.value === null || whole.value === 0) {
    const kind = whole.kind === "withheld" || part.kind === "withheld" ? "withheld" : "uncounted";
    return { value: null, kind, low: 0, high, grade: USELESS };
  }
  if (part.value === null) return { ...part, low: 0, high };
  const estimated = part.kind === "estimate" || whole.kind === "estimate";
  return {
    value: Math.min(1, part.value / whole.value),
    kind: estimated ? "estimate" : "actual",
    low: Math.min(1, part.low / whole.high),
    high,
    grade: part.grade === USELESS || whole.grade === USELESS ? USELESS : estimated ? worse(part, whole) : "good",
  };
}

/** How many times as often two attributes occur together as they would if neither depended on the other.
 * @param {Quantity} both @param {Quantity} one @param {Quantity} other @param {Quantity} whole @returns {Quantity} */
export function liftOf(both, one, other, whole) {
  const high = one.low * other.low > 0 ? (both.high * whole.high) / (one.low * other.low) : Infinity;
  const apart = one.high * other.high;
  const low = apart > 0 && Number.isFinite(apart) ? (both.low * whole.low) / apart : 0;
  if (!one.value || !other.value || !whole.value || both.value === null) {
    return {
      value: null,
      kind: both.kind === "withheld" && one.value && other.value ? "withheld" : "uncounted",
      low,
      high,
      grade: USELESS,
    };
  }
  const parts = [both, one, other, whole];
  const value = (both.value * whole.value) / (one.value * other.value);
  const estimated = parts.some(({ kind }) => kind === "estimate");
  const grade = parts.some((part) => part.grade === USELESS) ? USELESS : estimated ? "rough" : "good";
  return { value, kind: estimated ? "estimate" : "actual", low, high, grade };
}

/** @param {Quantity} one @param {Quantity} other */
function worse(one, other) {
  return one.grade === "rough" || other.grade === "rough" ? "rough" : "good";
}

/** Whether a figure may be drawn: it has a value, and if that is an estimate, one that can be relied on.
 * @param {Quantity} quantity */
export function isDrawn({ value, grade }) {
  return value !== null && grade !== USELESS;
}
