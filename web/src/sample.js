// 示例文件：开头的注释写标题、说明和变量，其余是查询。

const HEADER = /^(标题|说明|变量)\s*[：:]\s*(.*)$/;

/** {name, title, description, variables, query}；缺标题时用文件名，变量排成多行 JSON。 */
export function parseSample(name, source) {
  const lines = source.trim().split(/\r?\n/);
  const end = lines.findIndex((line) => line.trim() && !line.startsWith("#"));
  const header = readHeader(lines.slice(0, end));
  return {
    name,
    title: header.标题 || name,
    description: header.说明 ?? "",
    variables: pretty(header.变量 ?? ""),
    query: `${lines.slice(end).join("\n")}\n`,
  };
}

/** 没有字段名的注释行接着上一个字段。 */
function readHeader(lines) {
  const header = {};
  let field = null;
  for (const line of lines.map((each) => each.replace(/^#\s*/, ""))) {
    const [, name, text] = HEADER.exec(line) ?? [null, field, line];
    if (name) header[name] = name === field ? `${header[name]} ${text}`.trim() : text.trim();
    field = name;
  }
  return header;
}

function pretty(json) {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
