// Find the actual count of a combination: bisection in the sorted keys.

import { columnOf, isFacet } from "./payload.js";

export const NOT_REPORTED = -1; // fewer than k, or none

/** The actual count of a combination of 1 to `reach` attributes, or NOT_REPORTED.
 * @param {import("../types.js").Reported[]} reported @param {number[]} combination attribute ids, ascending */
export function findActual(reported, combination) {
  const { columns, actual } = reported[combination.length - 1];
  let low = 0;
  let high = actual.length;
  for (let j = 0; j < columns.length; j++) {
    low = bisect(columns[j], combination[j], low, high);
    high = bisect(columns[j], combination[j] + 1, low, high);
    if (low === high) return NOT_REPORTED;
  }
  return actual[low];
}

/** The first position in an ascending range whose number is not below a value.
 * @param {import("../types.js").Numbers} numbers @param {number} value @param {number} low @param {number} high */
function bisect(numbers, value, low, high) {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @param {number[]} ids */
export function sortIds(ids) {
  return [...ids].sort((one, other) => one - other);
}

/** The combination that a bar stands for: the attribute with the whole selection; in a single-valued column, it
 * replaces the value selected there. @param {number[]} selected @param {number} id */
export function combine(selected, id) {
  const column = columnOf[id];
  const others = selected.filter((other) => other !== id && !(isFacet[column] && columnOf[other] === column));
  return sortIds([...others, id]);
}
