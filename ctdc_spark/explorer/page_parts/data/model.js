// Records and reported combinations as the page counts and looks them up.

import { decodeArrays } from "./arrays.js";
import { payload } from "./payload.js";

/** @param {string} text @returns {Promise<import("../types.js").Model>} */
export async function buildModel(text) {
  const arrays = await decodeArrays(text, payload.arrays);
  const take = (/** @type {string} */ name) => /** @type {import("../types.js").Numbers} */ (arrays.get(name));
  const reported = [];
  for (let length = 1; length <= payload.shown_length; length++) reported.push(readReported(take, length));
  return { records: readRecords(take), reported };
}

/** @param {(name: string) => import("../types.js").Numbers} take @returns {import("../types.js").Records} */
function readRecords(take) {
  const lengths = take("lengths");
  const steps = take("ids");
  const offsets = new Uint32Array(lengths.length + 1);
  const ids = payload.id_width === 2 ? new Uint16Array(steps.length) : new Uint32Array(steps.length);
  for (let record = 0, at = 0; record < lengths.length; record++) {
    const end = at + lengths[record];
    for (let id = 0; at < end; at++) {
      id += steps[at];
      ids[at] = id;
    }
    offsets[record + 1] = end;
  }
  return { ids, offsets, weights: take("weights") };
}

/** @param {(name: string) => import("../types.js").Numbers} take @param {number} length
 * @returns {import("../types.js").Reported} */
function readReported(take, length) {
  const columns = Array.from({ length }, (_, j) => sumUp(take(`c${length}_${j}`)));
  const steps = take(`a${length}`);
  const folded = take(`e${length}`);
  const actual = new Uint32Array(steps.length);
  const estimated = new Uint32Array(steps.length);
  for (let i = 0; i < steps.length; i++) {
    actual[i] = steps[i] * payload.count_step;
    // folded signs: 0, 1, 2, 3, ... stand for 0, -1, 1, -2, ...
    estimated[i] = actual[i] + (folded[i] % 2 === 1 ? -(folded[i] + 1) / 2 : folded[i] / 2);
  }
  return { columns, actual, estimated };
}

/** Running sums; they wrap around at the width of an attribute id, as the differences did.
 * @param {import("../types.js").Numbers} differences */
function sumUp(differences) {
  const sums = payload.id_width === 2 ? new Uint16Array(differences.length) : new Uint32Array(differences.length);
  let sum = 0;
  for (let i = 0; i < sums.length; i++) {
    sums[i] = sum + differences[i];
    sum = sums[i];
  }
  return sums;
}
