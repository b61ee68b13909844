// Texts and numbers in the reader's language. Every text of the page is in a catalogue, texts.<language>.json.

import { noisy, payload } from "../data/payload.js";

const languages = Object.keys(payload.texts);

/** The language in the address, else the browser's if there is a catalogue, else the first. */
function chooseLanguage() {
  const asked = new URLSearchParams(location.hash.split("?")[1] ?? "").get("lang");
  const wishes = [asked, ...navigator.languages.map((name) => name.split("-")[0])];
  return wishes.find((name) => name !== null && languages.includes(name)) ?? languages[0];
}

export const language = chooseLanguage();
const texts = payload.texts[language];
document.documentElement.lang = texts.language;
document.documentElement.dir = texts.direction;

/** All languages as [code, name in that language]. @returns {[string, string][]} */
export function listLanguages() {
  return languages.map((code) => [code, payload.texts[code].name]);
}

/** The text for a key, with {names} filled in. A missing key is a bug and must fail tests.
 * @param {string} key @param {Record<string, unknown>} [values] @returns {string} */
export function t(key, values = {}) {
  return fill(lookUp(key), values);
}

/** If counts have noise, a separate text, <key>.dp, takes precedence. @param {string} key @returns {any} */
export function lookUp(key) {
  if (noisy && Object.hasOwn(texts, `${key}.dp`)) return texts[`${key}.dp`];
  if (!Object.hasOwn(texts, key)) throw new Error(`no text for ${key}`);
  return texts[key];
}

/** @param {string} text @param {Record<string, unknown>} values */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
}

const numberFormat = new Intl.NumberFormat(texts.locale, { maximumFractionDigits: 1 });
const differenceFormat = new Intl.NumberFormat(texts.locale, { signDisplay: "exceptZero", maximumFractionDigits: 1 });
export const collator = new Intl.Collator(texts.locale, { numeric: true, sensitivity: "base" });
const shareFormats = [0, 1, 2, 3].map(
  (digits) =>
    new Intl.NumberFormat(texts.locale, {
      style: "percent",
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    }),
);

/** @param {number} count */
export function formatNumber(count) {
  return numberFormat.format(count);
}

/** @param {number} difference */
export function formatDifference(difference) {
  return differenceFormat.format(difference);
}

/** A share as a percentage with the digits it needs: 0.9998 is not shown as 100%, nor 0.0002 as 0%.
 * @param {number} share */
export function formatShare(share) {
  const distance = 100 * Math.min(Math.abs(share), Math.abs(1 - share)); // to 0% or 100%, in percent
  const digits = distance === 0 ? 0 : distance >= 0.1 ? 1 : distance >= 0.01 ? 2 : 3;
  return shareFormats[digits].format(share);
}

/** A share in whole percent, where its digits would say too much. @param {number} share */
export function formatRoughly(share) {
  return shareFormats[0].format(share);
}

/** @param {string} instant */
export function formatDate(instant) {
  /** @type {Intl.DateTimeFormatOptions} */
  const style = { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
  return new Intl.DateTimeFormat(texts.locale, style).format(new Date(instant));
}

/** The words of a text without punctuation, in the singular as far as English endings tell: for searching.
 * @param {string} text */
export function listWords(text) {
  const words = simplify(text).match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.map((word) =>
    word
      .replace(/men$/, "man")
      .replace(/ies$/, "y")
      .replace(/(?<=[a-z]{2})s$/, ""),
  );
}

/** Letters without case and accents, for searching. @param {string} text */
export function simplify(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase(texts.locale);
}
