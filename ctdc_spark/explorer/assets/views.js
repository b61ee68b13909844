// The frame: header, static texts, and the views, of which the address names one. Starts the page.

const VIEWS = ["explore", "quality", "about"];

function buildHeader() {
  byId("title").append(isolated(release.title));
  const dated = release.published_at !== null;
  const byline = { id: release.release_id, date: dated ? formatDate(release.published_at) : "" };
  byId("byline").append(isolated(t(dated ? "byline.dated" : "byline", byline)));
  byId("guarantee").append(facts.guarantee);
  byId("foot").append(isolated(t("foot", facts)));
  const all = release.length < 0;
  const rows = [
    ["subjects", formatCount(release.subjects), "fact.subjects.note"],
    ["records", formatCount(release.records), "fact.records.note"],
    ["k", facts.k, "fact.k.note"],
    ["length", facts.length, all ? "fact.length.all.note" : "fact.length.note"],
  ];
  for (const [name, value, note] of rows) {
    const figure = el("span", { class: "figure" }, value);
    const explained = el("dd", {}, figure, el("span", { class: "note" }, t(note, facts)));
    const fact = el("div", {}, el("dt", {}, t(`fact.${name}`)), explained);
    fact.dataset.fact = name;
    byId("facts").append(fact);
  }
}

function fillStaticTexts() {
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = t(element.dataset.text);
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", t(element.dataset.label));
  }
}

function buildViews() {
  for (const view of VIEWS) {
    const link = el("a", { href: `#${view}` }, t(`view.${view}`));
    byId("view-links").append(el("li", {}, link));
  }
  addEventListener("hashchange", () => showView(true));
  showView(false);
}

/** Show the view that the address names, or the one that holds the element it names; move there after a click. */
function showView(move) {
  const target = byId(decodeFragment(location.hash.slice(1)));
  const named = target?.closest(".view")?.id;
  if (move && target && !named) return; // the skip link: stay in the view that is open
  const view = named ?? VIEWS[0];
  for (const name of VIEWS) byId(name).hidden = name !== view;
  for (const link of byId("view-links").querySelectorAll("a")) {
    if (link.hash === `#${view}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (!named) return;
  const isView = target.id === view;
  if (move || !isView) {
    byId(isView ? `${view}-heading` : `${target.id}-title`)?.focus({ preventScroll: true });
    (isView ? byId("views") : target).scrollIntoView();
  }
}

function decodeFragment(fragment) {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return "";
  }
}

fillStaticTexts();
buildHeader();
buildExplore();
buildQuality();
buildAbout();
buildViews();
