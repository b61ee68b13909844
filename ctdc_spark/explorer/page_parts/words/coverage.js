// How many people have information, in a sentence, as far as the release says it.

import { facts } from "./facts.js";
import { noisy, release } from "../data/payload.js";
import { formatNumber, formatShare, t } from "./texts.js";

/** A sentence on all people of the release, whatever is selected; none where nothing can be said. The numbers of several
 * flags together may be lowered: then they are least numbers, and what lies between them says little.
 * @param {import("../types.js").Covered} covered @param {boolean} together several flags */
export function writeCoverage(
  { with_information: informed, with_published_value: listed, withheld_as_too_rare: rare },
  together,
) {
  if (!release.subjects) return "";
  const all = formatNumber(release.subjects);
  if (informed === null) {
    return noisy
      ? t("coverage.unknown", { all, listed: formatNumber(listed ?? 0) })
      : t("coverage.few", { ...facts, all });
  }
  const share = formatShare(Math.min(1, informed / release.subjects));
  if (together && !noisy) return t("coverage.flags", { all, informed: formatNumber(informed), share });
  return t("coverage", {
    all,
    informed: formatNumber(informed),
    share,
    rare: rare === null ? t("coverage.rare.few", facts) : t("coverage.rare", { rare: formatNumber(rare) }),
  });
}
