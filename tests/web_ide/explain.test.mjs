import assert from "node:assert/strict";
import { test } from "node:test";

import { badge, isBlank, meters, statements, summary, toTree } from "../../web/src/explain/told.js";

const field = (path, points) => ({ path: path.split("."), points });

test("fields become a tree by their paths, each with its share of all points", () => {
  const [one, two] = toTree([field("a", 30), field("a.nodes", 20), field("a.nodes.id", 0), field("b", 10)]);

  assert.deepEqual([one.name, one.share, two.name, two.share], ["a", 0.75, "b", 0.25]);
  assert.deepEqual(one.below.map(({ name, share }) => [name, share]), [["nodes", 0.5]]);
  assert.equal(one.below[0].below[0].name, "id");
});

test("what costs nothing has no share, not an undefined one", () => {
  assert.equal(toTree([field("__typename", 0)])[0].share, 0);
});

test("a verdict is one word, and nothing where there is none", () => {
  assert.deepEqual(badge({ sight: "MASKED" }), { word: "脱敏", kind: "masked" });
  assert.deepEqual(badge({ sight: null }), { word: "因行而异", kind: "mixed" });
  assert.equal(badge(null), null);
});

test("a bar is full at the limit and does not grow beyond it", () => {
  const cost = { requested: 20, maximum: 10, rows: 5, maximumRows: 10, values: 0, maximumValues: 10 };

  assert.deepEqual(meters(cost).map(({ share }) => share), [1, 0.5, 0]);
});

test("the summary says what it costs, or that it would be refused", () => {
  const cost = { requested: 1234 };

  assert.equal(summary({ cost, statements: 2, problems: [] }), "至多 1,234 点，2 条语句");
  assert.equal(summary({ cost, statements: null, problems: [] }), "至多 1,234 点，语句数取决于数据");
  assert.equal(summary({ cost, statements: 0, problems: [{}] }), "执行时会被拒绝：至多 1,234 点");
  assert.equal(summary({ cost: null, statements: null, problems: [{}] }), "执行时会被拒绝");
  assert.equal(statements(0), "0 条语句");
});

test("comments alone are no query", () => {
  assert.equal(isBlank("# 欢迎\n\n  # 再见"), true);
  assert.equal(isBlank("# 欢迎\n{ me { login } }"), false);
});
