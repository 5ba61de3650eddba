// 查询与变更走 HTTP，订阅走同一地址的 graphql-transport-ws；两者都带令牌。

import { getOperationAST, parse } from "graphql";
import { createClient } from "graphql-ws";

import { send } from "./send.js";
import { session } from "./session.js";
import { store } from "./store.js";

const ENDPOINT = new URL("../graphql", location.href);
const SOCKET = new URL(ENDPOINT);
SOCKET.protocol = ENDPOINT.protocol.replace("http", "ws");

/** 最近一次回答（读取模式的除外）；还没有时为 null。 */
export const answer = store(null);

const socket = createClient({
  url: SOCKET.href,
  connectionParams: () => (session.get() ? { token: session.get().token } : {}),
});

/** GraphiQL 的 fetcher：停止按钮会中断请求，取消订阅。 */
export function fetcher(params, { headers } = {}) {
  const start = isSubscription(params) ? subscribe : post;
  return { subscribe: (sink) => ({ unsubscribe: start(params, remembering(sink, params), headers) }) };
}

function isSubscription({ query, operationName }) {
  try {
    return getOperationAST(parse(query), operationName)?.operation === "subscription";
  } catch {
    return false; // 语法错误由服务器回答
  }
}

const remembering = (sink, { operationName }) => ({
  ...sink,
  next(result) {
    if (operationName !== "IntrospectionQuery") answer.set(result);
    sink.next(result);
  },
});

const SIGN_IN = "登录后可看到文档与自动补全：点“令牌”，粘贴令牌或用口令登录。\n无需登录的示例查询可以直接运行。";

function post(params, sink, headers) {
  if (params.operationName === "IntrospectionQuery" && !session.get()) {
    sink.next(SIGN_IN); // 模式只给登录者看，不必发出一个注定被拒绝的请求
    sink.complete();
    return () => {};
  }
  const abort = new AbortController();
  ask(params, headers, abort.signal).then(
    (result) => {
      sink.next(result);
      sink.complete();
    },
    (error) => abort.signal.aborted || sink.error(error),
  );
  return () => abort.abort();
}

/** 一次 POST 的回答，即 JSON 里的 data 与 errors。 */
export async function ask(params, headers, signal) {
  const held = session.get();
  const response = await send(ENDPOINT, params, {
    signal,
    headers: {
      Accept: "application/graphql-response+json, application/json",
      "Accept-Language": "zh-CN",
      ...(held && { Authorization: `Bearer ${held.token}` }),
      ...headers,
    },
  });
  return response.json().catch(() => {
    throw new Error(`服务器的回答不是 JSON（HTTP ${response.status}）`);
  });
}

const subscribe = (params, sink) =>
  socket.subscribe(params, { ...sink, error: (cause) => sink.error(readable(cause)) });

function readable(cause) {
  if (Array.isArray(cause) || cause instanceof Error) return cause;
  return new Error(`连接已断开（${cause.code ?? "网络"}）${cause.reason ?? ""}`);
}
