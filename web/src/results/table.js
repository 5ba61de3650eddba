// 回答里的第一个对象列表，摊平成一张表。

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** {path, columns, rows}：嵌套的键用点连接，缺的格为 null；没有列表时为 null。 */
export function toTable(data) {
  const found = firstList(data);
  if (!found) return null;
  const flat = found.list.map((item) => flatten(item));
  const columns = withoutEmptyParents([...new Set(flat.flatMap(Object.keys))], flat);
  return {
    path: found.path,
    columns,
    rows: flat.map((row) => columns.map((column) => row[column] ?? null)),
  };
}

function firstList(value, path = "") {
  if (Array.isArray(value)) {
    const list = value.filter(isObject);
    return list.length ? { path, list } : null;
  }
  if (!isObject(value)) return null;
  for (const [key, inner] of Object.entries(value)) {
    const found = firstList(inner, join(path, key));
    if (found) return found;
  }
  return null;
}

const join = (path, key) => (path ? `${path}.${key}` : key);

function flatten(value, path = "") {
  if (!isObject(value)) return { [path]: cell(value) };
  const parts = Object.entries(value).map(([key, inner]) => flatten(inner, join(path, key)));
  return Object.assign({}, ...parts);
}

function cell(value) {
  if (!Array.isArray(value)) return value;
  return value.some((item) => item !== null && typeof item === "object")
    ? JSON.stringify(value)
    : value.join("；");
}

/** 有的行 owner 为空、有的行展开成 owner.name：去掉全空的 owner 列。 */
function withoutEmptyParents(columns, rows) {
  const isParent = (column) => columns.some((other) => other.startsWith(`${column}.`));
  return columns.filter((column) => !isParent(column) || rows.some((row) => row[column] != null));
}
