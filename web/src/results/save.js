import { toCsv } from "./csv.js";

/** 下载为 CSV，文件名取列表的路径。 */
export function saveCsv(table) {
  save(new Blob([toCsv(table)], { type: "text/csv;charset=utf-8" }), `${table.path}.csv`);
}

/** 下载为 xlsx：数为数，文字（包括十进制字符串）原样为文字，不成公式。 */
export async function saveXlsx(table) {
  const { default: writeXlsxFile } = await import("write-excel-file/browser");
  const header = table.columns.map((value) => ({ value, fontWeight: "bold" }));
  save(await writeXlsxFile([header, ...table.rows], { stickyRowsCount: 1 }).toBlob(), `${table.path}.xlsx`);
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
