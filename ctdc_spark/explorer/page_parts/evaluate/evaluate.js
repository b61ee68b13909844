// The Evaluate view: was the guarantee proved, and how close do the estimates come to every reported count?

import { drawBehind } from "../drawing/behind.js";
import { byId, el } from "../drawing/dom.js";
import { drawErrors } from "./errors.js";
import { facts } from "../words/facts.js";
import { drawFidelity } from "./fidelity.js";
import { drawHomogeneity } from "./homogeneity.js";
import { noisy, payload, release } from "../data/payload.js";
import { drawProof } from "./proof.js";
import { drawRanges } from "./ranges.js";
import { drawScatter } from "./scatter.js";
import { drawSuppression } from "./suppression.js";
import { t } from "../words/texts.js";
import { drawWorst } from "./worst.js";

/** @param {import("../types.js").Model} model */
export function buildEvaluate(model) {
  // the parts of a reported combination are reported too, so empty lengths come last
  const reported = model.reported.filter((block) => block.actual.length > 0);
  const cut = payload.shown_length < release.length ? [el("p", { class: "notice" }, t("evaluate.cut", facts))] : [];
  byId("evaluate-body").append(
    ...(noisy ? [] : [drawProof()]), // noise is not proved record by record
    ...drawFidelity(),
    ...drawRanges(),
    ...drawHomogeneity(reported),
    ...cut,
    ...(reported.length > 0
      ? [
          el(
            "div",
            { class: "cards two" },
            drawBehind(drawScatter(reported)),
            drawBehind(drawErrors(reported)),
            drawSuppression(reported),
          ),
          drawWorst(reported),
        ]
      : [el("p", { class: "notice" }, t("reported.nothing", facts))]),
  );
}
