// The Quality view: the proof's outcome and how close the estimates come to the actual counts.

// What each proved measure must be, over all lengths.
const PROOF = { rare: 0, leakage: 0, fabrication: 0, strict_share: 1 };
// Measures drawn as bars, and whether they are shares of 1.
const DRAWN = ["presence", "preservation", "mean_relative_error"];
// Rows of the table, in this order, with how each is written.
const MEASURES = {
  combinations: formatCount,
  presence: formatShare,
  suppression: formatShare,
  preservation: formatShare,
  mean_relative_error: formatShare,
  mean_absolute_error: (value) => numberFormat.format(value),
  record_expansion: formatShare,
  noise_scale: (value) => numberFormat.format(value),
};

function buildQuality() {
  byId("quality-body").append(...(noisy ? [] : [drawProof()]), ...drawFidelity()); // noise is not proved record by record
}

function valuesOf(metric, reference) {
  return payload.metrics.filter((row) => row.metric === metric && row.reference === reference && row.value !== null);
}

function drawProof() {
  const items = Object.entries(PROOF).map(([metric, wanted]) => drawOutcome(metric, wanted));
  return el(
    "section",
    { "aria-labelledby": "proof-heading" },
    el("h3", { id: "proof-heading" }, t("proof.heading")),
    el("p", { class: "lede" }, t("proof.lede")),
    el("dl", { class: "tiles" }, ...items.filter((item) => item !== null)),
  );
}

/** One tile: the worst value over all lengths, with a word and a sign, not a colour alone. */
function drawOutcome(metric, wanted) {
  const found = valuesOf(metric, "proof").map((row) => row.value);
  // Another guarantee than the strict one does not state a strict share.
  if (found.length === 0 && metric === "strict_share" && release.guarantee !== "strict") return null;
  const worst = wanted === 0 ? Math.max(...found) : Math.min(...found);
  const state = found.length === 0 ? "missing" : worst === wanted ? "passed" : "failed";
  const write = wanted === 0 ? formatCount : formatShare;
  const sign = { passed: "✓", failed: "✗", missing: "–" }[state];
  const tile = el(
    "div",
    { class: `tile ${state}` },
    el("dt", {}, t(`metric.${metric}`)),
    el(
      "dd",
      {},
      el("span", { class: "figure" }, state === "missing" ? "–" : write(worst)),
      el("span", { class: "badge" }, el("span", { "aria-hidden": "true" }, sign), ` ${t(`proof.${state}`)}`),
      el("span", { class: "note" }, t(`metric.${metric}.text`, facts)),
    ),
  );
  tile.dataset.metric = metric;
  return tile;
}

function drawFidelity() {
  const heading = [
    el("h3", { id: "fidelity-heading" }, t("fidelity.heading")),
    el("p", { class: "lede" }, t("fidelity.lede")),
  ];
  const known = Object.keys(MEASURES).filter((metric) => valuesOf(metric, "reported").length > 0);
  const hasLength = (metric) => valuesOf(metric, "reported").some((row) => row.length !== null);
  const measures = known.filter(hasLength);
  if (known.length === 0) return [...heading, el("p", { class: "notice" }, t("fidelity.missing"))];
  const drawn = measures.filter((metric) => DRAWN.includes(metric));
  return [
    ...heading,
    el("div", { class: "cards few" }, ...drawn.map(drawMeasure), ...known.filter((m) => !hasLength(m)).map(drawFigure)),
    ...(measures.length > 0 ? [el("h3", {}, t("fidelity.table.heading")), drawMeasures(measures)] : []),
  ];
}

/** Bars of one measure by length; 100% is the full width unless a value is larger. */
function drawMeasure(metric) {
  const rows = valuesOf(metric, "reported").sort(byLength);
  const scale = Math.max(1, ...rows.map((row) => row.value));
  const list = el("ul", { class: "bars by-length", role: "list" });
  for (const row of rows) {
    const item = el(
      "li",
      { class: "bar" },
      el("span", { class: "name" }, nameLength(row.length, "fidelity.axis")),
      el("span", { class: "lines track", "aria-hidden": "true" }, drawLine("share", row.value / scale)),
      el("span", { class: "count" }, MEASURES[metric](row.value)),
    );
    list.append(item);
  }
  return el(
    "article",
    { class: "card", "aria-labelledby": `measure-${metric}` },
    el("h4", { id: `measure-${metric}` }, t(`metric.${metric}`)),
    list,
    el("p", { class: "note" }, t(`metric.${metric}.text`, facts)),
  );
}

/** A measure of the whole release is one figure. */
function drawFigure(metric) {
  const [row] = valuesOf(metric, "reported");
  const card = el(
    "article",
    { class: "card", "aria-labelledby": `measure-${metric}` },
    el("h4", { id: `measure-${metric}` }, t(`metric.${metric}`)),
    el("p", { class: "figure" }, MEASURES[metric](row.value)),
    el("p", { class: "note" }, t(`metric.${metric}.text`, facts)),
  );
  card.dataset.metric = metric;
  return card;
}

const byLength = (one, other) => (one.length ?? Infinity) - (other.length ?? Infinity);

function nameLength(length, key) {
  return length === null ? t("fidelity.all") : t(key, { length: numberFormat.format(length) });
}

/** Every measure against the published counts: one row a measure, one column a length. */
function drawMeasures(measures) {
  const all = measures.flatMap((metric) => valuesOf(metric, "reported").map((row) => row.length));
  const lengths = [...new Set(all)].sort((one, other) => (one ?? Infinity) - (other ?? Infinity));
  const drawRow = (metric) => {
    const values = new Map(valuesOf(metric, "reported").map((row) => [row.length, row.value]));
    const cells = lengths.map((length) =>
      el("td", { class: "number" }, values.has(length) ? MEASURES[metric](values.get(length)) : "–"),
    );
    const text = el("span", { class: "note" }, t(`metric.${metric}.text`, facts));
    const row = el("tr", {}, el("th", { scope: "row" }, t(`metric.${metric}`), text), ...cells);
    row.dataset.metric = metric;
    return row;
  };
  const headings = lengths.map((length) =>
    el("th", { scope: "col", class: "number" }, nameLength(length, "fidelity.axis")),
  );
  const caption = t("fidelity.caption");
  return el(
    "div",
    { class: "scroll framed", role: "region", tabindex: "0", "aria-label": caption },
    el(
      "table",
      { class: "measures" },
      el("caption", { class: "hear" }, caption),
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, t("fidelity.measure")), ...headings)),
      el("tbody", {}, ...measures.map(drawRow)),
    ),
  );
}
