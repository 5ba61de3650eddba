// 解释里的数字与结论怎样显示。

export const count = (number) => number.toLocaleString("zh-CN");

/** 查询里除了注释什么也没有。 */
export const isBlank = (query) =>
  query.split("\n").every((line) => !line.trim() || line.trim().startsWith("#"));

/** 点、行、值各占上限的多少：[{label, number, most, share}]，share 为 0 至 1。 */
export const meters = (cost) =>
  [
    ["点", cost.requested, cost.maximum],
    ["行", cost.rows, cost.maximumRows],
    ["值", cost.values, cost.maximumValues],
  ].map(([label, number, most]) => ({ label, number, most, share: Math.min(1, number / most) }));

/** 扁平的字段按路径成树：[{field, name, share, below}]，share 为占全部点数的份额。 */
export function toTree(fields) {
  const whole = fields.filter(({ path }) => path.length === 1).reduce((sum, { points }) => sum + points, 0);
  const top = { below: [] };
  const known = new Map([["", top]]);
  for (const field of fields) {
    const node = { field, name: field.path.at(-1), share: whole ? field.points / whole : 0, below: [] };
    known.set(field.path.join("."), node);
    known.get(field.path.slice(0, -1).join(".")).below.push(node);
  }
  return top.below;
}

const SIGHTS = { CLEAR: "完整", MASKED: "脱敏", HIDDEN: "不给出" };

/** 可见性的一个词与它的种类；没有结论时为 null。 */
export function badge(verdict) {
  if (!verdict) return null;
  return { word: SIGHTS[verdict.sight] ?? "因行而异", kind: verdict.sight?.toLowerCase() ?? "mixed" };
}

export const statements = (number) => (number === null ? "语句数取决于数据" : `${number} 条语句`);

/** 一句话的总结。 */
export function summary({ cost, statements: number, problems }) {
  if (!cost) return "执行时会被拒绝";
  const points = `至多 ${count(cost.requested)} 点`;
  return problems.length ? `执行时会被拒绝：${points}` : `${points}，${statements(number)}`;
}
