// Types that modules share; nothing here runs.

/** @typedef {{release_id: string, title: string, published_at: string|null, subjects: number|null, records: number,
 *   length: number, threshold: number, precision: number, guarantee: string, mode: string, protection: string,
 *   settings: [string, string][], versions: [string, string][]}} Release */
/** @typedef {{name: string, label: string, exclusive: boolean}} Column */
/** @typedef {{column: number, value: string, label: string}} Attribute */
/** @typedef {{title: string|null, group: string|null, kind: string, columns: number[], start: number, end: number}} Chart */
/** @typedef {{metric: string, reference: string, length: number|null, count_from: number|null, value: number|null}} Metric */
/** @typedef {{width: number, height: number, paths: Record<string, string>, columns: number[],
 *   codes: Record<string, string>}} World */
/** Subjects with a value in a column or chart; null as in the table `coverage`.
 * @typedef {{with_information: number|null, with_published_value: number|null, not_recorded: number|null,
 *   withheld_as_too_rare: number|null}} Covered */
/** By position of the column or chart; null: the release does not say it.
 * @typedef {{columns: (Covered|null)[], charts: (Covered|null)[]}} Coverage */
/** @typedef {{release: Release, columns: Column[], charts: Chart[], attributes: Attribute[], metrics: Metric[],
 *   pages: [string, string[]][], coverage: Coverage, logo: string|null, shown_records: number, shown_length: number, id_width: number, count_step: number,
 *   intervals: Intervals, arrays: Record<string, [number, number]>, texts: Record<string, Record<string, any>>, world: World|null}} Payload */
/** Classes of estimates: smallest estimate, and the ends of the interval as multiples of an estimate.
 * @typedef {{lengths: {classes: [number, number, number][], extrapolated: boolean, learnt: number, checked: number|null}[],
 *   floor: number, good: number, rough: number}} Intervals */
/** @typedef {Uint8Array|Uint16Array|Uint32Array} Numbers */
/** @typedef {{ids: Numbers, offsets: Uint32Array, weights: Numbers}} Records */
/** @typedef {{columns: Numbers[], actual: Uint32Array, estimated: Uint32Array}} Reported */
/** @typedef {{records: Records, reported: Reported[]}} Model */
/** Counts by attribute; by chart, records that lack only the chart's selected value; records that hold the whole
 * selection. @typedef {{estimated: Float64Array, apart: Float64Array, total: number}} Counted */
/** `sheet`: a shorter name; `lists`: whether each row names a table that follows.
 * @typedef {{title: string, head: string[], rows: (string|number|null)[][], sheet?: string, lists?: boolean}} Table */

export {};
