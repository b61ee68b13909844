// Tables as a workbook in the format of Office Open XML (ECMA-376): one sheet per table. Text is written as text, but
// is quoted all the same, since a cell that is edited, or saved as CSV, is parsed again.

import { quoteFormulas } from "./formulas.js";
import { zipFiles } from "./zip.js";

const MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml";
const OFFICE = "schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE = "schemas.openxmlformats.org/package/2006";
const SHEETS = "schemas.openxmlformats.org/spreadsheetml/2006/main";
const SCHEME = "http" + "://"; // names of formats, not addresses that anything requests
const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

/** @typedef {import("../types.js").Table} Table */

/** @param {Table[]} tables one may list those after it: each of its rows then leads to the sheet of that table */
export function writeWorkbook(tables) {
  const names = nameSheets(tables);
  const contents = tables.findIndex(({ lists }) => lists === true);
  const numbers = tables.map((_, i) => i + 1);
  const overrides = numbers.map(
    (n) => `<Override PartName="/xl/worksheets/sheet${n}.xml" ContentType="${MAIN}.worksheet+xml"/>`,
  );
  const sheets = numbers.map((n, i) => `<sheet name="${escapeXml(names[i])}" sheetId="${n}" r:id="rId${n}"/>`);
  const links = numbers.map(
    (n) => `<Relationship Id="rId${n}" Type="${SCHEME}${OFFICE}/worksheet" Target="worksheets/sheet${n}.xml"/>`,
  );
  return zipFiles([
    [
      "[Content_Types].xml",
      `${HEAD}<Types xmlns="${SCHEME}${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${MAIN}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${MAIN}.styles+xml"/>${overrides.join("")}</Types>`,
    ],
    [
      "_rels/.rels",
      `${HEAD}<Relationships xmlns="${SCHEME}${PACKAGE}/relationships"><Relationship Id="rId1" Type="${SCHEME}${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    ],
    [
      "xl/workbook.xml",
      `${HEAD}<workbook xmlns="${SCHEME}${SHEETS}" xmlns:r="${SCHEME}${OFFICE}"><sheets>${sheets.join("")}</sheets></workbook>`,
    ],
    [
      "xl/_rels/workbook.xml.rels",
      `${HEAD}<Relationships xmlns="${SCHEME}${PACKAGE}/relationships">${links.join("")}<Relationship Id="rIdS" Type="${SCHEME}${OFFICE}/styles" Target="styles.xml"/></Relationships>`,
    ],
    ["xl/styles.xml", writeStyles()],
    ...tables.map(
      (table, i) =>
        /** @type {[string, string]} */ ([
          `xl/worksheets/sheet${i + 1}.xml`,
          writeSheet(table, i === contents ? names.slice(contents + 1) : []),
        ]),
    ),
  ]);
}

/** Styles by position: plain, bold, counts, shares, links, other decimals. */
const STYLES = { plain: 0, bold: 1, count: 2, share: 3, link: 4, decimal: 5 };

function writeStyles() {
  const font = (/** @type {string} */ more) => `<font>${more}<sz val="11"/><name val="Calibri"/></font>`;
  const fonts = [font(""), font("<b/>"), `<font><u/><sz val="11"/><color rgb="FF14569C"/><name val="Calibri"/></font>`];
  const formats = [
    [0, 0],
    [0, 1],
    [3, 0],
    [164, 0],
    [0, 2],
    [2, 0],
  ].map(
    ([format, which]) =>
      `<xf xfId="0" numFmtId="${format}" fontId="${which}" applyNumberFormat="1" applyFont="1" applyAlignment="1"><alignment vertical="top"/></xf>`,
  );
  return `${HEAD}<styleSheet xmlns="${SCHEME}${SHEETS}"><numFmts count="1"><numFmt numFmtId="164" formatCode="0.0%"/></numFmts><fonts count="${fonts.length}">${fonts.join("")}</fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="${formats.length}">${formats.join("")}</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`;
}

/** Title, an empty row and the heading, which stay in sight, then the figures. @param {Table} table
 * @param {string[]} [links] names of the sheets to which the first cells of the rows lead */
function writeSheet(table, links = []) {
  const written = [
    writeRow(1, [writeCell(table.title, STYLES.bold)]),
    writeRow(
      3,
      table.head.map((name) => writeCell(name, STYLES.bold)),
    ),
    ...table.rows.map((row, i) =>
      writeRow(
        i + 4,
        row.map((value, at) => writeCell(value, at === 0 && links[i] ? STYLES.link : styleOf(table.head[at], value))),
      ),
    ),
  ];
  const widths = table.head.map((name, at) => {
    const longest = Math.max(name.length, ...table.rows.map((row) => String(row[at] ?? "").length));
    const width = Math.min(60, Math.max(9, (typeof table.rows[0]?.[at] === "number" ? 12 : longest) + 2));
    return `<col min="${at + 1}" max="${at + 1}" width="${width}" customWidth="1"/>`;
  });
  const cells = links.map(
    (name, i) => `<hyperlink ref="A${i + 4}" location="'${escapeXml(name)}'!A1" display="${escapeXml(name)}"/>`,
  );
  const pane = '<pane ySplit="3" topLeftCell="A4" activePane="bottomLeft" state="frozen"/>';
  return `${HEAD}<worksheet xmlns="${SCHEME}${SHEETS}"><sheetViews><sheetView workbookViewId="0">${pane}</sheetView></sheetViews><cols>${widths.join("")}</cols><sheetData>${written.join("")}</sheetData>${cells.length > 0 ? `<hyperlinks>${cells.join("")}</hyperlinks>` : ""}</worksheet>`;
}

/** @param {number} number @param {string[]} cells */
function writeRow(number, cells) {
  return `<row r="${number}">${cells.map((cell, at) => cell.replace("<c", `<c r="${nameColumn(at)}${number}"`)).join("")}</row>`;
}

/** A, B, ..., Z, AA, ... @param {number} at */
function nameColumn(at) {
  return `${at >= 26 ? String.fromCharCode(64 + Math.floor(at / 26)) : ""}${String.fromCharCode(65 + (at % 26))}`;
}

/** @param {string} head @param {string|number|null} value */
function styleOf(head, value) {
  if (typeof value !== "number") return STYLES.plain;
  if (/^share/.test(head)) return STYLES.share;
  if (/^count/.test(head)) return STYLES.count;
  return Number.isInteger(value) ? STYLES.plain : STYLES.decimal;
}

/** @param {string|number|null} value @param {number} style */
function writeCell(value, style) {
  if (typeof value === "number") return `<c s="${style}"><v>${Number(value.toFixed(6))}</v></c>`;
  if (value === null || value === "") return `<c s="${style}"/>`;
  return `<c s="${style}" t="inlineStr"><is><t xml:space="preserve">${escapeXml(quoteFormulas(value))}</t></is></c>`;
}

/** Text for XML, without the control characters that it cannot hold. @param {string} text */
function escapeXml(text) {
  const escapes = /** @type {Record<string, string>} */ ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" });
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "")
    .replace(/[&<>"]/g, (sign) => escapes[sign]);
}

/** Distinct names of at most 31 characters, cut between words, without those that a sheet's name may not have.
 * @param {Table[]} tables */
function nameSheets(tables) {
  return tables.map(({ title, sheet }, i) => {
    const plain = (sheet ?? title)
      .replace(/[[\]:*?/\\'\u0000-\u001f]/g, " ")
      .replace(/\s+/g, " ")
      .trim();
    const room = 31 - String(i + 1).length - 1;
    const cut = plain.length <= room ? plain : plain.slice(0, room).replace(/(?<=.{12})\s+\S*$/u, "");
    return `${i + 1} ${cut}`.trim();
  });
}
