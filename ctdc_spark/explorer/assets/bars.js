// One chart's attributes in order, drawn as bars or as a table.

/** Letters without case and accents, for searching. */
function simplify(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase(texts.locale);
}

/** The attributes of a chart that match what is asked, in the asked order. */
function selectBars(chart, asked) {
  const words = simplify(asked.search).split(/\s+/).filter(Boolean);
  const ofChart = simplify(`${titleOf(chart)}\n${chart.group ?? ""}`);
  const matches = (bar) => {
    const text = `${ofChart}\n${simplify(`${bar.column}\n${bar.label}\n${bar.value}`)}`;
    return words.every((word) => text.includes(word));
  };
  const largest = (bar) => Math.max(bar.estimated, bar.actual ?? 0);
  const kept = chart.bars.filter((bar) => largest(bar) >= asked.smallest && matches(bar));
  const byName = (one, other) => collator.compare(one.label, other.label);
  const byCount = (one, other) =>
    (other.actual ?? 0) - (one.actual ?? 0) || other.estimated - one.estimated || byName(one, other);
  const order = asked.sort === "auto" ? (isOrdered(chart) ? "name" : "count") : asked.sort;
  return kept.sort(order === "name" ? byName : byCount);
}

/** Years, ages and bins read best in their own order; values of that kind begin with a digit. */
function isOrdered(chart) {
  return chart.kind === "bin" || (chart.bars.length > 0 && chart.bars.every((bar) => /^\p{Nd}/u.test(bar.label)));
}

function titleOf(chart) {
  return chart.title ?? t("chart.flags");
}

/** Bars for the first `limit` attributes, on a scale that all attributes of the chart share. */
function drawBars(chart, bars, limit) {
  const scale = Math.max(1, ...chart.bars.map((bar) => Math.max(bar.estimated, bar.actual ?? 0)));
  const head = el(
    "div",
    { class: "bar head", "aria-hidden": "true" },
    el("span"),
    el("span", { class: "count" }, t("chart.estimated")),
    el("span", { class: "count" }, t("chart.actual")),
  );
  const list = el("ul", { class: "bars", role: "list" });
  for (const bar of bars.slice(0, limit)) list.append(drawBar(bar, scale));
  return el("div", {}, head, list);
}

function drawBar(bar, scale) {
  const row = el(
    "li",
    { class: "bar" },
    el("span", { class: "name", title: bar.label }, isolated(bar.label)),
    el(
      "span",
      { class: "lines", "aria-hidden": "true" },
      drawLine("estimated", bar.estimated / scale),
      bar.actual === null ? el("span", { class: "line none" }) : drawLine("actual", bar.actual / scale),
    ),
    drawCount("estimated", bar.estimated),
    drawCount("actual", bar.actual),
  );
  row.dataset.column = bar.column;
  row.dataset.value = bar.value;
  return row;
}

function drawLine(kind, share) {
  const line = el("span", { class: `line ${kind}` });
  // Through the style object: the security policy refuses style attributes written as text.
  line.style.inlineSize = `${(100 * share).toFixed(2)}%`;
  return line;
}

function drawCount(kind, count) {
  const withheld = count === null ? " withheld" : "";
  return el("span", { class: `count ${kind}${withheld}` }, hidden(`${t(`chart.${kind}`)}: `), formatCount(count));
}

/** The same attributes, all of them, as a table. */
function drawTable(chart, bars) {
  const caption = t("table.caption", { title: titleOf(chart) });
  const names = ["attribute", "estimated", "share", "actual", "difference"];
  const headings = names.map((name, position) =>
    el("th", { scope: "col", class: position === 0 ? null : "number" }, t(`table.${name}`)),
  );
  const table = el(
    "table",
    {},
    el("caption", { class: "hear" }, caption),
    el("thead", {}, el("tr", {}, ...headings)),
    el("tbody", {}, ...bars.map((bar) => drawRow(chart, bar))),
  );
  return el(
    "div",
    { class: "behind" },
    el("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": caption }, table),
    el("p", { class: "note" }, t("table.note")),
  );
}

function drawRow(chart, bar) {
  const figures = [
    formatCount(bar.estimated),
    chart.information ? formatShare(bar.estimated / chart.information) : "",
    formatCount(bar.actual),
    bar.actual === null ? "" : formatDifference(bar.estimated - bar.actual),
  ];
  const row = el(
    "tr",
    {},
    el("th", { scope: "row" }, isolated(bar.label), ...drawCode(chart, bar)),
    ...figures.map((figure) => el("td", { class: "number" }, figure)),
  );
  row.dataset.column = bar.column;
  row.dataset.value = bar.value;
  return row;
}

/** How the published tables write the attribute, where the label does not say so. */
function drawCode(chart, bar) {
  const code = chart.columns.length > 1 || chart.kind === "flag" ? `${bar.column} = ${bar.value}` : bar.value;
  return code === bar.label ? [] : [el("span", { class: "note" }, isolated(code))];
}
