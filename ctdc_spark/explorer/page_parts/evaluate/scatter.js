// Estimated against actual for every reported combination: a density on logarithmic axes, drawn on a canvas.

import { el } from "../drawing/dom.js";
import { release } from "../data/payload.js";
import { formatNumber, t } from "../words/texts.js";

const SIZE = 640;
const LEFT = 78;
const BOTTOM = 64;
const CELL = 4;
const CELLS = (SIZE - LEFT - 16) / CELL;

/** @param {import("../types.js").Reported[]} reported @returns {import("../drawing/behind.js").Figure} */
export function drawScatter(reported) {
  const largest = Math.max(
    1,
    ...reported.map((block) => maximum(block.actual)),
    ...reported.map((block) => maximum(block.estimated)),
  );
  const low = Math.log10(Math.max(1, release.threshold / 2));
  const high = Math.log10(largest * 1.1);
  const place = (/** @type {number} */ count) =>
    Math.floor(((Math.log10(count) - low) / (high - low)) * (CELLS - 2)) + 1;
  const density = new Uint32Array(CELLS * CELLS);
  for (const { actual, estimated } of reported) {
    for (let i = 0; i < actual.length; i++) {
      // the lowest row stands for estimates of less than half the threshold, 0 among them
      const y = estimated[i] > 0 ? Math.max(0, place(estimated[i])) : 0;
      density[y * CELLS + Math.min(CELLS - 1, Math.max(0, place(actual[i])))]++;
    }
  }
  const canvas = el("canvas", {
    width: SIZE,
    height: SIZE,
    class: "scatter",
    role: "img",
    "aria-label": t("scatter.label"),
  });
  paint(canvas, density, { low, high });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => paint(canvas, density, { low, high }));
  return {
    name: "scatter",
    title: t("scatter.title"),
    note: t("scatter.note"),
    figure: canvas,
    table: tabulate(reported),
  };
}

/** @param {Uint32Array} numbers */
function maximum(numbers) {
  let most = 0;
  for (const number of numbers) if (number > most) most = number;
  return most;
}

/** @param {HTMLCanvasElement} canvas @param {Uint32Array} density @param {{low: number, high: number}} range */
function paint(canvas, density, range) {
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const style = getComputedStyle(document.documentElement);
  const colour = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`);
  const floor = SIZE - BOTTOM;
  pen.fillStyle = colour("paper");
  pen.fillRect(0, 0, SIZE, SIZE);
  paintAxes(pen, colour, range);
  const most = Math.log(1 + maximum(density));
  pen.fillStyle = colour("actual");
  density.forEach((number, cell) => {
    if (number === 0) return;
    pen.globalAlpha = 0.25 + (0.75 * Math.log(1 + number)) / most;
    pen.fillRect(LEFT + (cell % CELLS) * CELL, floor - (Math.floor(cell / CELLS) + 1) * CELL, CELL, CELL);
  });
  pen.globalAlpha = 1;
  pen.strokeStyle = colour("actual");
  pen.setLineDash([6, 4]);
  pen.beginPath();
  pen.moveTo(LEFT + CELL, floor - CELL);
  pen.lineTo(LEFT + (CELLS - 1) * CELL, floor - (CELLS - 1) * CELL);
  pen.stroke();
  pen.setLineDash([]);
}

/** @param {CanvasRenderingContext2D} pen @param {(name: string) => string} colour
 * @param {{low: number, high: number}} range */
function paintAxes(pen, colour, { low, high }) {
  const floor = SIZE - BOTTOM;
  const span = (CELLS - 2) * CELL;
  pen.font = "16px system-ui, sans-serif";
  pen.strokeStyle = colour("line");
  pen.fillStyle = colour("soft");
  for (let power = Math.ceil(low); power <= high; power++) {
    const at = ((power - low) / (high - low)) * span + CELL;
    pen.beginPath();
    pen.moveTo(LEFT + at, floor);
    pen.lineTo(LEFT + at, floor - CELLS * CELL);
    pen.moveTo(LEFT, floor - at);
    pen.lineTo(LEFT + CELLS * CELL, floor - at);
    pen.stroke();
    pen.textAlign = "center";
    pen.fillText(formatNumber(10 ** power), LEFT + at, floor + 22);
    pen.textAlign = "right";
    pen.fillText(formatNumber(10 ** power), LEFT - 8, floor - at + 6);
  }
  pen.textAlign = "center";
  pen.fillText(t("chart.actual"), LEFT + span / 2, SIZE - 12);
  pen.save();
  pen.translate(18, floor - span / 2);
  pen.rotate(-Math.PI / 2);
  pen.fillText(t("chart.estimated"), 0, 0);
  pen.restore();
}

/** For each range of actual counts, how many combinations there are and where their estimates lie.
 * @param {import("../types.js").Reported[]} reported @returns {import("../types.js").Table} */
function tabulate(reported) {
  /** @type {Map<number, number[]>} */
  const ranges = new Map();
  for (const { actual, estimated } of reported) {
    for (let i = 0; i < actual.length; i++) {
      const from = release.threshold * 2 ** Math.floor(Math.log2(actual[i] / release.threshold));
      if (!ranges.has(from)) ranges.set(from, []);
      ranges.get(from)?.push(estimated[i] / actual[i]);
    }
  }
  const rows = [...ranges]
    .sort(([one], [other]) => one - other)
    .map(([from, ratios]) => {
      const sorted = Float64Array.from(ratios).sort();
      const quantile = (/** @type {number} */ share) =>
        `${Math.round(100 * sorted[Math.floor(share * (sorted.length - 1))])}%`;
      const range = t("fidelity.count", { from: formatNumber(from), to: formatNumber(2 * from - 1) });
      return [range, sorted.length, quantile(0.1), quantile(0.5), quantile(0.9)];
    });
  const head = ["range", "number", "tenth", "half", "nine"].map((name) => t(`scatter.${name}`));
  return { title: t("scatter.title"), head, rows };
}
