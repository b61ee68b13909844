// The Evaluate view: was the guarantee proved, and how close do the estimates come to every reported count?

import { drawBehind } from "./behind.js";
import { byId, el } from "./dom.js";
import { drawErrors } from "./errors.js";
import { facts } from "./facts.js";
import { drawFidelity } from "./fidelity.js";
import { payload, release } from "./payload.js";
import { drawProof } from "./proof.js";
import { drawScatter } from "./scatter.js";
import { drawSuppression } from "./suppression.js";
import { t } from "./texts.js";
import { drawWorst } from "./worst.js";

/** @param {import("./types.js").Model} model */
export function buildEvaluate(model) {
  const { reported } = model;
  const any = reported.some((block) => block.actual.length > 0);
  const cut = payload.shown_length < release.length ? [el("p", { class: "notice" }, t("evaluate.cut", facts))] : [];
  byId("evaluate-body").append(
    drawProof(),
    ...drawFidelity(),
    ...cut,
    ...(any
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
      : []),
  );
}
