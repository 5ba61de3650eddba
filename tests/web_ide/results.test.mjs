import assert from "node:assert/strict";
import { test } from "node:test";

import { notices } from "../../web/src/notices.js";
import { axes } from "../../web/src/results/axes.js";
import { toCsv } from "../../web/src/results/csv.js";
import { toTable } from "../../web/src/results/table.js";

test("the first list of objects is the table, nested keys joined by dots", () => {
  const data = { me: { tags: ["a"] }, page: { nodes: [{ a: 1, owner: { name: "甲" } }, null] }, more: [{ b: 2 }] };

  assert.deepEqual(toTable(data), { path: "page.nodes", columns: ["a", "owner.name"], rows: [[1, "甲"]] });
});

test("rows of different shapes share all columns and leave no empty parent", () => {
  const table = toTable({ list: [{ owner: null, a: 1 }, { owner: { name: "乙" }, b: false }] });

  assert.deepEqual(table.columns, ["a", "owner.name", "b"]);
  assert.deepEqual(table.rows, [
    [1, null, null],
    [null, "乙", false],
  ]);
});

test("a list of words is one cell, a list of objects its JSON", () => {
  const table = toTable({ list: [{ tags: ["a", "b"], lines: [{ x: 1 }] }] });

  assert.deepEqual(table.rows, [["a；b", '[{"x":1}]']]);
});

test("an answer without a list of objects has no table", () => {
  for (const data of [null, undefined, { me: null }, { tags: ["a"] }, { list: [] }])
    assert.equal(toTable(data), null);
});

test("a cell that a spreadsheet would run is quoted, a number is left alone", () => {
  const cells = ["=1+1", "+cmd", "@x", "-x", "\tx", "-0.0120", "+1.5e-3", 'a"b,c\nd', null, true];

  assert.equal(
    toCsv({ columns: cells.map((_, index) => `c${index}`), rows: [cells] }),
    '\uFEFFc0,c1,c2,c3,c4,c5,c6,c7,c8,c9\r\n' +
      `'=1+1,'+cmd,'@x,'-x,'\tx,-0.0120,+1.5e-3,"a""b,c\nd",,true\r\n`,
  );
});

test("decimal strings can be drawn, and an id is the last choice for a label", () => {
  const table = { columns: ["id", "name", "u", "empty"], rows: [["SQ==", "甲", "0.010", null], ["SR==", "乙", 2, ""]] };

  assert.deepEqual(axes(table), { labels: ["name", "id"], numbers: ["u"] });
});

const session = { token: "t", expiresAt: "2026-11-22T10:00:00Z" };
const before = Date.parse("2026-11-22T09:00:00Z");

test("a cost that leaves too little for another run warns in words", () => {
  const cost = { requested: 120, actual: 80, available: 20, restoreRate: 50 };
  const [, price] = notices({ extensions: { cost } }, session, before);

  assert.equal(price.warning, true);
  assert.match(price.text, /^代价 120 点，实际 80 点，余额 20 点，每秒恢复 50 点。余额不够再运行一次，约 2 秒后恢复$/);
});

test("an expired or refused token asks for a new login", () => {
  const refused = { errors: [{ extensions: { code: "UNAUTHENTICATED" } }] };

  assert.equal(notices(null, session, before)[0].warning, false);
  assert.equal(notices(refused, session, before)[0].warning, true);
  assert.equal(notices(null, session, Date.parse("2026-11-22T10:00:00Z"))[0].warning, true);
  assert.match(notices(null, null)[0].text, /尚未登录/);
});
