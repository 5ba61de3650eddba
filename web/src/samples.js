import { parseSample } from "./sample.js";

const files = import.meta.glob("../../examples/*.graphql", {
  query: "?raw",
  import: "default",
  eager: true,
});

/** 仓库 examples/ 里的全部示例，按文件名排序。 */
export const samples = Object.entries(files)
  .map(([path, source]) => parseSample(/([^/]+)\.graphql$/.exec(path)[1], source))
  .sort((one, other) => one.name.localeCompare(other.name, "en"));

const wanted = new URLSearchParams(location.search).get("example");

/** 地址里写了却没有的示例名，否则为 null。 */
export const unknown = wanted && !samples.some(({ name }) => name === wanted) ? wanted : null;

/** 地址 ?example=名字 指定的示例，没有指定或没有这个名字时为 undefined。 */
export const linked = samples.find(({ name }) => name === wanted);
