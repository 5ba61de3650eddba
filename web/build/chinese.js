// 构建时把 GraphiQL 与 Monaco 的英文界面文字换成中文。

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import dictionary from "./graphiql-zh.js";

const require = createRequire(import.meta.url);
const packageFile = (id) => id.replaceAll("\\", "/").split("?")[0].split("/node_modules/").pop();

/** 按词典替换；原文的次数不符，或词典里的文件没有进入构建，都使构建失败。 */
export function graphiqlInChinese() {
  const unseen = new Set(Object.keys(dictionary));
  return {
    name: "graphiql-in-chinese",
    transform(code, id) {
      const file = packageFile(id);
      if (!(file in dictionary)) return null;
      unseen.delete(file);
      for (const [english, chinese, times = 1] of dictionary[file]) {
        const parts = code.split(english);
        if (parts.length - 1 !== times)
          this.error(`${file}: ${english} 出现 ${parts.length - 1} 次，应为 ${times} 次`);
        code = parts.join(chinese);
      }
      return { code, map: null };
    },
    buildEnd(error) {
      if (!error && unseen.size) this.error(`没有进入构建：${[...unseen].join("，")}`);
    },
  };
}

const STRING = String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`;
const NUMBERED = new RegExp(String.raw`\blocalize2?\((\d+), (${STRING})`, "g");
const NAMED = new RegExp(
  String.raw`\b(localize2?\(\s*(?:${STRING}|\{\s*key:.*?\]\s*\})\s*,\s*)(${STRING})`,
  "gs",
);
const text = (literal) => Function(`return ${literal}`)();

/** 英文 → 中文：Monaco 自带的简体中文按编号排列，它的 AMD 版写着编号与英文的对应。 */
function monacoMessages() {
  const read = (name) => readFileSync(require.resolve(`monaco-editor/dev/vs/${name}`), "utf8");
  const chinese = JSON.parse(/_VSCODE_NLS_MESSAGES=(\[.*\]);/s.exec(read("nls.messages.zh-cn.js"))[1]);
  const numbered = read("editor/editor.main.js").matchAll(NUMBERED);
  return new Map([...numbered].map(([, number, english]) => [text(english), chinese[number]]));
}

/** 用 Monaco 自带的译文替换；译出不足 500 条说明上游换了写法，构建失败。 */
export function monacoInChinese() {
  const messages = monacoMessages();
  let translated = 0;
  return {
    name: "monaco-in-chinese",
    transform(code, id) {
      if (!packageFile(id).startsWith("monaco-editor/esm/vs/")) return null;
      const result = code.replace(NAMED, (all, before, english) => {
        const chinese = messages.get(text(english));
        if (!chinese) return all;
        translated += 1;
        return before + JSON.stringify(chinese);
      });
      return result === code ? null : { code: result, map: null };
    },
    buildEnd(error) {
      if (!error && translated < 500) this.error(`Monaco 只译出 ${translated} 条`);
    },
  };
}
