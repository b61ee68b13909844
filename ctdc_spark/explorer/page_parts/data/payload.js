// The description that the page carries: release, charts, attributes, metrics and texts.

/** @type {import("../types.js").Payload} */
export const payload = JSON.parse(/** @type {HTMLElement} */ (document.getElementById("payload")).textContent ?? "");
export const release = payload.release;

/** Whether noise protects the counts rather than a smallest group: differential privacy. */
export const noisy = release.protection === "dp";

/** Estimated counts are multiplied by this: more than 1 if the page holds a sample of the records. */
export const scaleUp = payload.shown_records > 0 ? release.records / payload.shown_records : 1;

/** Combinations of up to this many attributes have actual counts on this page. */
export const reach = payload.shown_length;

/** The positions of each attribute's column and chart. */
export const columnOf = Uint32Array.from(payload.attributes, (attribute) => attribute.column);
export const chartOf = new Uint32Array(payload.attributes.length);
payload.charts.forEach((chart, position) => chartOf.fill(position, chart.start, chart.end));

/** Columns with one value and a chart of their own: there, another value replaces the selected one. */
export const isFacet = new Uint8Array(payload.columns.length);
for (const chart of payload.charts) {
  const [only] = chart.columns;
  if (chart.columns.length === 1 && payload.columns[only].exclusive) isFacet[only] = 1;
}

/** How an attribute is written in addresses and files. @param {number} id */
export function keyOf(id) {
  const attribute = payload.attributes[id];
  return `${payload.columns[attribute.column].name}:${attribute.value}`;
}

/** @type {Map<string, number>} */
export const idOfKey = new Map(payload.attributes.map((_, id) => [keyOf(id), id]));
