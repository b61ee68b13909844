// A card holds one chart with its heading, its switch between bars and table, and its notes.

const FIRST = 10; // attributes shown before "Show all"
const FIRST_ORDERED = 24; // the same for years or ages: the first few alone would tell little
const SLACK = 2; // do not hide one or two: the button would take their place

/** Make the card of a chart; `update` draws it anew and says how many attributes it shows. */
function makeCard(chart, number) {
  const title = titleOf(chart);
  const first = isOrdered(chart) ? FIRST_ORDERED : FIRST;
  const own = { table: false, expanded: false };
  let asked = null;

  const toggle = el("button", { type: "button", class: "small" });
  const body = el("div", { class: "body" });
  const more = el("button", { type: "button", class: "more" });
  const heading = el("h3", { id: `chart-${number}-title`, tabindex: "-1", title }, isolated(title));
  const element = el(
    "article",
    { class: "card", id: `chart-${number}`, "aria-labelledby": heading.id },
    el("div", { class: "card-head" }, el("div", {}, ...drawEyebrow(chart, title), heading), toggle),
    body,
    el("div", { class: "card-foot" }, more, drawInformation(chart)),
  );

  function update(newlyAsked) {
    asked = newlyAsked;
    const bars = selectBars(chart, asked);
    const limit = own.expanded || bars.length <= first + SLACK ? bars.length : first;
    const asTable = own.table;
    toggle.textContent = t(asTable ? "chart.as_chart" : "chart.as_table");
    toggle.setAttribute("aria-label", t(asTable ? "chart.as_chart.label" : "chart.as_table.label", { title }));
    more.hidden = asTable || bars.length <= first + SLACK;
    more.textContent = own.expanded
      ? t("chart.fewer", { number: first })
      : t("chart.more", { number: numberFormat.format(bars.length) });
    more.setAttribute("aria-expanded", String(own.expanded));
    if (chart.bars.length === 0) body.replaceChildren(el("p", { class: "note" }, t("chart.empty", facts)));
    else body.replaceChildren(asTable ? drawTable(chart, bars) : drawBars(chart, bars, limit));
    // A chart whose values are all withheld stays visible until something is searched for.
    element.hidden = bars.length === 0 && (chart.bars.length > 0 || asked.search !== "");
    return bars.length;
  }

  toggle.addEventListener("click", () => {
    own.table = !own.table;
    update(asked);
  });
  more.addEventListener("click", () => {
    own.expanded = !own.expanded;
    update(asked);
  });

  return {
    chart,
    element,
    title,
    update,
    showTable(shown) {
      own.table = shown;
    },
    reset() {
      own.table = false;
      own.expanded = false;
    },
  };
}

/** The group above the title, unless the title is the group's name already. */
function drawEyebrow(chart, title) {
  const group = chart.group ?? "";
  return group === "" || group === title ? [] : [el("p", { class: "eyebrow" }, isolated(group))];
}

function drawInformation(chart) {
  const share = release.records ? chart.information / release.records : 0;
  const values = {
    records: numberFormat.format(chart.information),
    all: numberFormat.format(release.records),
    share: formatShare(share),
  };
  return el("p", { class: "note" }, t("chart.information", values));
}

/**
 * Let cards of unequal height stand without gaps, in their order: the grid has rows of one pixel, and each card
 * spans as many as it is high.
 */
function packCards(container, elements) {
  const measure = () => {
    const gap = Number.parseFloat(getComputedStyle(container).columnGap) || 0;
    for (const element of elements) {
      const height = element.getBoundingClientRect().height;
      element.style.gridRowEnd = `span ${Math.ceil(height + gap)}`;
    }
  };
  const observer = new ResizeObserver(measure);
  for (const element of elements) observer.observe(element);
  container.classList.add("packed");
  measure();
}
