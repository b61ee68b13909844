// The About view: how to read the page, its limits, the method and the settings.

function buildAbout() {
  const sections = lookUp("about.sections").map((section) =>
    el(
      "section",
      {},
      el("h3", {}, section.title),
      el("ul", {}, ...section.items.map((item) => el("li", {}, fill(item, facts)))),
    ),
  );
  byId("about-body").append(...sections, drawMethod(), drawCitation());
}

function drawMethod() {
  const rows = {
    release: release.release_id,
    published: release.published_at === null ? t("number.none") : formatDate(release.published_at),
    threshold: facts.k,
    precision: facts.precision,
    length: facts.length,
    guarantee: release.guarantee,
    mode: release.mode,
    versions: release.versions.map(([name, version]) => `${name} ${version}`).join(", ") || t("number.none"),
  };
  const list = el("dl", { class: "method" });
  for (const [key, value] of Object.entries(rows)) {
    list.append(el("div", {}, el("dt", {}, t(`about.${key}`)), el("dd", {}, isolated(value))));
  }
  const parts = [el("h3", {}, t("about.method")), list];
  if (release.settings.length > 0) parts.push(drawSettings());
  return el("section", {}, ...parts);
}

function drawSettings() {
  const rows = release.settings.map(([key, value]) =>
    el("tr", {}, el("th", { scope: "row" }, isolated(key)), el("td", {}, el("code", {}, isolated(value)))),
  );
  const headings = ["about.setting", "about.setting.value"].map((key) => el("th", { scope: "col" }, t(key)));
  const table = el(
    "table",
    { class: "settings" },
    el("thead", {}, el("tr", {}, ...headings)),
    el("tbody", {}, ...rows),
  );
  return el("details", {}, el("summary", {}, t("about.settings")), el("div", { class: "scroll" }, table));
}

function drawCitation() {
  const dated = release.published_at !== null;
  const values = { ...facts, date: dated ? formatDate(release.published_at) : "" };
  const text = t(dated ? "about.cite.text" : "about.cite.undated", values);
  return el("section", {}, el("h3", {}, t("about.cite")), el("p", {}, isolated(text)));
}
