// 图的两轮：哪一列作类别，哪一列作数值。

const NUMBER = /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/;
const filled = (rows, index) => rows.map((row) => row[index]).filter((value) => value !== null && value !== "");
const isNumeric = (value) => typeof value === "number" || (typeof value === "string" && NUMBER.test(value));

/** {labels, numbers}：可作类别的文字列与可作数值的列（列名）；id 列排在最后。 */
export function axes({ columns, rows }) {
  const kinds = columns.map((column, index) => {
    const values = filled(rows, index);
    if (!values.length) return null;
    return values.every(isNumeric) ? "number" : "label";
  });
  const of = (kind) => columns.filter((_, index) => kinds[index] === kind);
  const isId = (column) => /(^|\.)id$/.test(column);
  const labels = of("label");
  return {
    labels: [...labels.filter((column) => !isId(column)), ...labels.filter(isId)],
    numbers: of("number"),
  };
}
