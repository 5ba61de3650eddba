import assert from "node:assert/strict";
import { test } from "node:test";

import { parseSample } from "../../web/src/sample.js";

test("a sample's first comments are its title, description and variables", () => {
  const sample = parseSample("due", '# 标题: 到期器具\n# 说明：90 天内\n# 变量: {"days": 90}\n\nquery Due {\n  me\n}\n');

  assert.deepEqual(sample, {
    name: "due",
    title: "到期器具",
    description: "90 天内",
    variables: '{\n  "days": 90\n}',
    query: "query Due {\n  me\n}\n",
  });
});

test("a comment without a name continues the one above", () => {
  const sample = parseSample("due", '# 标题: 到期\n# 说明: 一\n# 二\n# 变量: {\n#   "a": 1\n# }\n{ me }');

  assert.equal(sample.description, "一 二");
  assert.equal(sample.variables, '{\n  "a": 1\n}');
});

test("a file without a header is still a sample, named by its file", () => {
  const sample = parseSample("plain", "\r\n# 只是注释\r\n{\r\n  me # 这里不动\r\n}\r\n");

  assert.equal(sample.title, "plain");
  assert.equal(sample.variables, "");
  assert.equal(sample.query, "{\n  me # 这里不动\n}\n");
});

test("variables that are no JSON are shown as they were written", () => {
  assert.equal(parseSample("x", "# 变量: {days: 90\n{ me }").variables, "{days: 90");
});
