// A heatmap as a picture for files.

import { labelOf } from "../words/attributes.js";
import { svg } from "./dom.js";
import { FIGURE_HEAD, frameFigure, INK, placeText, shorten } from "./figureframe.js";
import { KIND_COLOURS } from "./marks.js";

const HEAT_LEFT = 190;
const HEAT_CELL = /** @type {const} */ ([72, 24]);
const HEAT_NAMES = 76; // room for the columns' names, written upwards

/** Cells of a heatmap: the kind of each figure, its text, and the strength of its background, from 0 to 1.
 * @typedef {{rows: number[], columns: number[],
 *   cell: (row: number, column: number) => {kind: string, written: string, strength: number}}} HeatCells */

/** @param {string} title @param {string} note @param {HeatCells} cells */
export function drawHeatFigure(title, note, { rows, columns, cell }) {
  const [wide, tall] = HEAT_CELL;
  const top = FIGURE_HEAD + HEAT_NAMES;
  const names = columns.map((id, at) => {
    const place = `translate(${HEAT_LEFT + at * wide + wide / 2 + 4} ${top - 8}) rotate(-55)`;
    return svg("g", { transform: place }, placeText([0, 0], shorten(labelOf(id), 16)));
  });
  const kinds = new Set();
  const cells = rows.flatMap((row, down) =>
    columns.flatMap((column, across) => {
      const [x, y] = [HEAT_LEFT + across * wide, top + down * tall];
      const { kind, written, strength } = cell(row, column);
      kinds.add(kind);
      const ground = {
        fill: kind === "estimate" ? KIND_COLOURS.estimate : KIND_COLOURS.actual,
        "fill-opacity": (0.45 * strength).toFixed(3),
        ...outlineOf(kind),
      };
      return [
        svg("rect", { x: x + 1, y: y + 1, width: wide - 3, height: tall - 3, ...ground }),
        placeText([x + wide - 8, y + 16], written, { anchor: "end", size: 11 }),
      ];
    }),
  );
  const labels = rows.map((row, down) =>
    placeText([HEAT_LEFT - 8, top + down * tall + 16], shorten(labelOf(row), 26), { anchor: "end" }),
  );
  const width = Math.max(620, HEAT_LEFT + columns.length * wide + 60);
  return frameFigure([width, HEAT_NAMES + rows.length * tall], title, [note], [...names, ...labels, ...cells], kinds);
}

/** Estimates have a dashed outline, what is withheld a dotted one. @param {string} kind
 * @returns {Record<string, string>} */
function outlineOf(kind) {
  if (kind === "estimate") return { stroke: KIND_COLOURS.estimate, "stroke-dasharray": "4 2" };
  return kind === "withheld" ? { stroke: INK, "stroke-dasharray": "1 3" } : {};
}
