// From the packed text to typed arrays: base64, raw deflate, byte planes.

/** @param {string} text @param {Record<string, [number, number]>} directory
 * @returns {Promise<Map<string, import("../types.js").Numbers>>} */
export async function decodeArrays(text, directory) {
  const stream = new Blob([decodeBase64(text.trim())]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const arrays = new Map();
  let at = 0;
  for (const [name, [width, length]] of Object.entries(directory)) {
    arrays.set(name, joinPlanes(bytes.subarray(at, at + width * length), width, length));
    at += width * length;
  }
  return arrays;
}

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
function decodeBase64(text) {
  const quick = /** @type {any} */ (Uint8Array).fromBase64;
  if (quick) return quick.call(Uint8Array, text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** All low bytes come first, then all second bytes, and so on.
 * @param {Uint8Array} bytes @param {number} width @param {number} length */
function joinPlanes(bytes, width, length) {
  if (width === 1) return bytes;
  const numbers = width === 2 ? new Uint16Array(length) : new Uint32Array(length);
  for (let plane = 0; plane < width; plane++) {
    const start = plane * length;
    const shift = 8 * plane;
    for (let i = 0; i < length; i++) numbers[i] |= bytes[start + i] << shift;
  }
  return numbers;
}
