// A bar chart as a picture for files: light ground, its own colours, title and source in it.

import { fullName, labelOf, titleOf } from "./attributes.js";
import { svg } from "./dom.js";
import { facts } from "./facts.js";
import { writeActualShort, writeCount } from "./figures.js";
import { t } from "./texts.js";

const FIGURE_WIDTH = 760;
const FIGURE_ROW = 26;
const FIGURE_LEFT = 240;
const FIGURE_RIGHT = 150;
const INK = "#16212c";
const COLOURS = { estimated: "#2467ae", actual: "#a35309" };

/** @param {import("./types.js").Chart} chart @param {import("./attributes.js").Bar[]} bars
 * @param {number[]} selected @param {number} [whole] denominator, for percentages @returns {SVGElement} */
export function drawBarFigure(chart, bars, selected, whole) {
  const scale = Math.max(1, ...bars.map((bar) => Math.max(bar.estimated, bar.actual)));
  const wide = FIGURE_WIDTH - FIGURE_LEFT - FIGURE_RIGHT;
  const rows = bars.flatMap((bar, position) => {
    const y = 84 + position * FIGURE_ROW;
    return [
      placeText(FIGURE_LEFT - 8, y + 14, shorten(labelOf(bar.id), 36), "end"),
      svg("rect", {
        x: FIGURE_LEFT,
        y: y + 2,
        width: (wide * bar.estimated) / scale,
        height: 9,
        fill: COLOURS.estimated,
      }),
      bar.actual < 0
        ? svg("path", { d: `M${FIGURE_LEFT} ${y + 16}h24`, stroke: INK, "stroke-dasharray": "2 3" })
        : svg("rect", {
            x: FIGURE_LEFT,
            y: y + 13,
            width: (wide * bar.actual) / scale,
            height: 9,
            fill: COLOURS.actual,
          }),
      placeText(FIGURE_WIDTH - 84, y + 16, writeCount(bar.estimated, whole), "end"),
      placeText(FIGURE_WIDTH - 8, y + 16, writeActualShort(bar.actual, whole), "end"),
    ];
  });
  const height = 84 + bars.length * FIGURE_ROW + 34;
  const chosen = selected.map(fullName).join(" · ");
  return svg(
    "svg",
    { viewBox: `0 0 ${FIGURE_WIDTH} ${height}`, "font-family": "Arial, sans-serif" },
    placeText(16, 28, shorten(titleOf(chart), 70), "start", 17),
    placeText(16, 48, chosen ? shorten(t("selection.heading") + ": " + chosen, 110) : "", "start"),
    placeText(FIGURE_WIDTH - 84, 74, t("chart.estimated"), "end", 12, COLOURS.estimated),
    placeText(FIGURE_WIDTH - 8, 74, t("chart.actual"), "end", 12, COLOURS.actual),
    ...rows,
    placeText(16, height - 12, shorten(t("foot", facts), 130), "start", 10),
  );
}

/** @param {number} x @param {number} y @param {string} content @param {string} anchor @param {number} [size]
 * @param {string} [fill] */
function placeText(x, y, content, anchor, size = 12, fill = INK) {
  return svg("text", { x, y, "font-size": size, "text-anchor": anchor, fill }, content);
}

/** @param {string} label @param {number} most */
function shorten(label, most) {
  const letters = [...label];
  return letters.length <= most ? label : `${letters.slice(0, most - 1).join("")}…`;
}
