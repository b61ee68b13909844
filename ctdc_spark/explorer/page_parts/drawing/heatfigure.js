// A heatmap as a picture for files.

import { labelOf } from "../words/attributes.js";
import { svg } from "./dom.js";
import { FIGURE_HEAD, frameFigure, placeText, shorten } from "./figureframe.js";

const HEAT_LEFT = 190;
const HEAT_CELL = /** @type {const} */ ([64, 24]);
const HEAT_NAMES = 76; // room for the columns' names, written upwards
const HEAT_GROUNDS = { estimated: "#2467ae", actual: "#a35309" };

/** Cells of a heatmap: the text in each, and the strength of its background, from 0 to 1.
 * @typedef {{rows: number[], columns: number[], write: (row: number, column: number) => string,
 *   strength: (row: number, column: number) => number}} HeatCells */

/** @param {string} title @param {string} note @param {string} kind "estimated" or "actual" @param {HeatCells} cells */
export function drawHeatFigure(title, note, kind, { rows, columns, write, strength }) {
  const [wide, tall] = HEAT_CELL;
  const top = FIGURE_HEAD + HEAT_NAMES;
  const names = columns.map((id, at) => {
    const place = `translate(${HEAT_LEFT + at * wide + wide / 2 + 4} ${top - 8}) rotate(-55)`;
    return svg("g", { transform: place }, placeText([0, 0], shorten(labelOf(id), 16)));
  });
  const cells = rows.flatMap((row, down) =>
    columns.flatMap((column, across) => {
      const [x, y] = [HEAT_LEFT + across * wide, top + down * tall];
      const ground = {
        fill: kind === "actual" ? HEAT_GROUNDS.actual : HEAT_GROUNDS.estimated,
        "fill-opacity": (0.45 * strength(row, column)).toFixed(3),
      };
      return [
        svg("rect", { x, y, width: wide - 1, height: tall - 1, ...ground }),
        placeText([x + wide - 6, y + 16], write(row, column), { anchor: "end", size: 11 }),
      ];
    }),
  );
  const labels = rows.map((row, down) =>
    placeText([HEAT_LEFT - 8, top + down * tall + 16], shorten(labelOf(row), 26), { anchor: "end" }),
  );
  const width = Math.max(520, HEAT_LEFT + columns.length * wide + 60);
  return frameFigure([width, HEAT_NAMES + rows.length * tall], title, [note], [...names, ...labels, ...cells]);
}
