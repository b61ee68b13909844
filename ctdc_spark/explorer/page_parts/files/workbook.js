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

/** @param {Table[]} tables */
export function writeWorkbook(tables) {
  const names = nameSheets(tables);
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
      (table, i) => /** @type {[string, string]} */ ([`xl/worksheets/sheet${i + 1}.xml`, writeSheet(table)]),
    ),
  ]);
}

/** Two styles: plain, and bold for headings. */
function writeStyles() {
  return `${HEAD}<styleSheet xmlns="${SCHEME}${SHEETS}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf xfId="0"/><xf xfId="0" fontId="1" applyFont="1"/></cellXfs></styleSheet>`;
}

/** @param {Table} table */
function writeSheet(table) {
  const rows = [[table.title], [], table.head, ...table.rows];
  const written = rows.map(
    (row, i) => `<row r="${i + 1}">${row.map((value) => writeCell(value, i < 3)).join("")}</row>`,
  );
  return `${HEAD}<worksheet xmlns="${SCHEME}${SHEETS}"><cols><col min="1" max="1" width="42" customWidth="1"/><col min="2" max="40" width="18" customWidth="1"/></cols><sheetData>${written.join("")}</sheetData></worksheet>`;
}

/** @param {string|number|null} value @param {boolean} bold */
function writeCell(value, bold) {
  const style = bold ? ' s="1"' : "";
  if (typeof value === "number") return `<c${style}><v>${value}</v></c>`;
  return `<c${style} t="inlineStr"><is><t xml:space="preserve">${escapeXml(quoteFormulas(value ?? ""))}</t></is></c>`;
}

/** Text for XML, without the control characters that it cannot hold. @param {string} text */
function escapeXml(text) {
  const escapes = /** @type {Record<string, string>} */ ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" });
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "")
    .replace(/[&<>"]/g, (sign) => escapes[sign]);
}

/** Distinct names of at most 31 characters, without those that a sheet's name may not have. @param {Table[]} tables */
function nameSheets(tables) {
  return tables.map(({ title }, i) =>
    `${i + 1} ${title.replace(/[[\]:*?/\\'\u0000-\u001f]/g, " ")}`.slice(0, 31).trim(),
  );
}
