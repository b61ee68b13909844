// The Explore view: the key, the toolbar, the list of charts and the cards.

function buildExplore() {
  byId("key").append(...drawKey());
  for (const name of ["auto", "count", "name"]) {
    byId("sort").append(el("option", { value: name }, t(`sort.${name}`)));
  }
  byId("smallest").step = String(release.precision);
  const cards = payload.charts.map(makeCard);
  byId("cards").append(...cards.map((card) => card.element));
  const links = drawIndex(cards);
  connectToolbar(cards, () => update(cards, links));
  update(cards, links);
  packCards(byId("cards"), cards.map((card) => card.element));
}

function drawKey() {
  const item = (kind, sample) =>
    el("p", {}, sample, " ", el("strong", {}, t(`key.${kind}`)), " ", el("span", {}, t(`key.${kind}.note`, facts)));
  const swatch = (kind) => el("span", { class: `swatch ${kind}`, "aria-hidden": "true" });
  return ["estimated", "actual", "withheld"].map((kind) => item(kind, swatch(kind)));
}

/** Draw all cards as the toolbar asks, hide links to empty ones, and say how much is shown. */
function update(cards, links) {
  const asked = readToolbar();
  const numbers = cards.map((card) => card.update(asked));
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const shown = cards.filter((card) => !card.element.hidden).length;
  cards.forEach((card, position) => {
    links[position].parentElement.hidden = card.element.hidden;
  });
  for (const group of byId("index").querySelectorAll("[data-group]")) {
    group.hidden = !group.querySelector("li:not([hidden])");
  }
  byId("status").textContent =
    shown === 0
      ? t("status.none")
      : t("status", {
          bars: numberFormat.format(sum(numbers)),
          all_bars: numberFormat.format(sum(cards.map((card) => card.chart.bars.length))),
          charts: numberFormat.format(shown),
          all_charts: numberFormat.format(cards.length),
        });
}

function readToolbar() {
  return {
    search: byId("search").value.trim(),
    sort: byId("sort").value,
    smallest: Math.max(0, Number(byId("smallest").value) || 0),
  };
}

function connectToolbar(cards, redraw) {
  const toolbar = byId("toolbar");
  const tables = byId("tables");
  const press = (pressed) => tables.setAttribute("aria-pressed", String(pressed));
  toolbar.addEventListener("submit", (event) => event.preventDefault());
  toolbar.addEventListener("input", redraw);
  tables.addEventListener("click", () => {
    const pressed = tables.getAttribute("aria-pressed") !== "true";
    press(pressed);
    for (const card of cards) card.showTable(pressed);
    redraw();
  });
  toolbar.addEventListener("reset", () => {
    press(false);
    for (const card of cards) card.reset();
    setTimeout(redraw); // the fields are emptied after this event
  });
}

/** Links to the charts, by group; returns one link for each card. */
function drawIndex(cards) {
  const links = cards.map((card) => el("a", { href: `#${card.element.id}` }, isolated(card.title)));
  const groups = new Map();
  cards.forEach((card, position) => {
    const name = card.chart.group;
    groups.set(name, [...(groups.get(name) ?? []), position]);
  });
  const list = el("div", { class: "index-groups" });
  for (const [name, positions] of groups) {
    const items = positions.map((position) => el("li", {}, links[position]));
    const alone = positions.length === 1 && cards[positions[0]].title === (name ?? t("chart.flags"));
    const heading = alone || groups.size === 1 ? null : el("p", {}, isolated(name ?? t("chart.general")));
    list.append(el("div", { "data-group": "" }, heading, el("ul", { role: "list" }, ...items)));
  }
  const details = el("details", {}, el("summary", {}, t("index.summary")), list);
  details.open = matchMedia("(min-width: 72rem)").matches;
  byId("index").append(details);
  return links;
}
