// The data, the texts and the one way to make elements. Values reach the page as text nodes only.

const payload = JSON.parse(document.getElementById("payload").textContent);
const release = payload.release;
const texts = payload.texts;
const noisy = release.guarantee.startsWith("dp: "); // counts have noise instead of a smallest group

/** The text for a key, with {names} filled in. A missing key is an error of ours and must be seen in tests. */
function t(key, values = {}) {
  return fill(lookUp(key), values);
}

/** The text for a key; one of its own, `<key>.dp`, for releases with noisy counts goes first. */
function lookUp(key) {
  if (noisy && Object.hasOwn(texts, `${key}.dp`)) return texts[`${key}.dp`];
  if (!Object.hasOwn(texts, key)) throw new Error(`no text for ${key}`);
  return texts[key];
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
}

const numberFormat = new Intl.NumberFormat(texts.locale, { maximumFractionDigits: 1 });
const differenceFormat = new Intl.NumberFormat(texts.locale, { signDisplay: "exceptZero" });
const collator = new Intl.Collator(texts.locale, { numeric: true, sensitivity: "base" });
const shareFormats = [0, 1, 2, 3].map(
  (digits) =>
    new Intl.NumberFormat(texts.locale, {
      style: "percent",
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    }),
);

function formatCount(count) {
  return count === null ? t("number.withheld") : numberFormat.format(count);
}

function formatDifference(difference) {
  return differenceFormat.format(difference);
}

/** A share as a percentage with the digits it needs: 0.9998 is not shown as 100%, nor 0.0002 as 0%. */
function formatShare(share) {
  const distance = 100 * Math.min(Math.abs(share), Math.abs(1 - share)); // to 0% or 100%, in percent
  const digits = distance === 0 ? 0 : distance >= 0.1 ? 1 : distance >= 0.01 ? 2 : 3;
  return shareFormats[digits].format(share);
}

function formatDate(instant) {
  const style = { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
  return new Intl.DateTimeFormat(texts.locale, style).format(new Date(instant));
}

/** Make an element: attributes by name, children as elements or as text; null children are left out. */
function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

function byId(id) {
  return document.getElementById(id);
}

/** Text of any direction that leaves what stands around it in order, and may break after a sign such as "/". */
function isolated(text) {
  const parts = text.split(/(?<=[/_;,|-])(?=\p{L})/u);
  const children = parts.flatMap((part, position) => (position === 0 ? [part] : [el("wbr"), part]));
  return el("bdi", {}, ...children);
}

function hidden(text) {
  return el("span", { class: "hear" }, text);
}

/** What the texts may name of this release. */
const facts = {
  id: release.release_id,
  title: release.title,
  name: noisy ? release.guarantee.slice(4) : release.guarantee,
  k: numberFormat.format(release.threshold),
  below: numberFormat.format(release.threshold - 1),
  precision: numberFormat.format(release.precision),
  length: release.length < 0 ? t("fact.length.all") : numberFormat.format(release.length),
};
// A round example of a protected count: a multiple of the precision that is not below the threshold.
const example = Math.ceil((12 * release.threshold) / release.precision) * release.precision;
facts.example = numberFormat.format(example);
facts.example_end = numberFormat.format(example + release.precision - 1);
const promise = /^\d+$/.test(release.guarantee) ? "length" : noisy ? "dp" : release.guarantee;
facts.guarantee = t(["strict", "length", "k_synthetic", "dp"].includes(promise) ? `guarantee.${promise}` : "guarantee.other", facts);
