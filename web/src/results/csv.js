// Excel 直接能开的 CSV：BOM、CRLF、RFC 4180 引号，防公式注入。

const FORMULA = /^[=+\-@\t\r]/;
const NUMBER = /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** 表的 CSV 文字；以 = + - @ 开头又不是数的格前加一个单引号，数原样不动。 */
export function toCsv({ columns, rows }) {
  const lines = [columns, ...rows].map((cells) => cells.map(field).join(","));
  return `\uFEFF${lines.join("\r\n")}\r\n`;
}

function field(value) {
  const text = value === null ? "" : String(value);
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
