// Cells that a spreadsheet would take for formulas: the rule of ctdc_spark/io/formulas.py, which says why.

const FORMULA =
  /(?:^(?='*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20\t\r\n])|(?<=[,;\t\r\n])(?='*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]))(?![+\-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+\-]?[0-9]+)?(?![^,;\t\r\n]))/g;

/** A text as a cell that no spreadsheet takes for a formula. @param {string} text */
export function quoteFormulas(text) {
  return text.replace(FORMULA, "'");
}
