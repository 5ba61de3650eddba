import { setTimeout as sleep } from "node:timers/promises";

import type { TypedDocumentString } from "./gql/graphql.js";

const ATTEMPTS = 3;

interface Failure {
  message: string;
  extensions: { code: string; hint?: string | null; retryAfter?: number };
}

/** 数据枢纽拒绝了请求：code 不翻译，供程序判断；message 与 hint 给人看。 */
export class HubError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly retryAfter: number | undefined;

  constructor({ message, extensions }: Failure) {
    super(message);
    this.code = extensions.code;
    this.hint = extensions.hint ?? undefined;
    this.retryAfter = extensions.retryAfter;
  }
}

/** 一个数据枢纽的 GraphQL 入口。 */
export class Hub {
  constructor(
    private readonly url: string,
    private readonly token?: string,
  ) {}

  /**
   * 执行一个操作，返回其数据；被拒绝则抛出 HubError。
   * 网络中断或枢纽请求稍候时重发：查询可以重复，修改都带幂等键，所以重发总是安全的。
   * `files` 是随之上传的文件，以其在操作中的位置为名，如 variables.input.file。
   */
  async ask<Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    variables: Variables,
    files: Record<string, File> = {},
  ): Promise<Data> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.send({ query: document.toString(), variables }, Object.entries(files));
      } catch (error) {
        const wait = error instanceof HubError ? error.retryAfter : attempt;
        if (wait === undefined || attempt === ATTEMPTS) throw error;
        await sleep(wait * 1000);
      }
    }
  }

  /** 下载一个链接，如导出的 url；链接本身就是凭据，不带令牌。 */
  async download(link: string): Promise<Response> {
    return fetch(new URL(link, this.url));
  }

  private async send<Data>(operation: object, files: [string, File][]): Promise<Data> {
    const response = await fetch(this.url, {
      method: "POST",
      headers: {
        accept: "application/graphql-response+json",
        "accept-language": "zh-CN",
        ...(this.token && { authorization: `Bearer ${this.token}` }),
        // 上传文件须带 X-Hub-Preflight：它证明请求不是由别人网页上的表单发出的。
        ...(files.length ? { "x-hub-preflight": "1" } : { "content-type": "application/json" }),
      },
      body: files.length ? form(operation, files) : JSON.stringify(operation),
    });
    const answer = (await response.json()) as { data: Data; errors?: Failure[] };
    if (answer.errors?.[0]) throw new HubError(answer.errors[0]);
    return answer.data;
  }
}

/** GraphQL multipart request：operations 中文件的位置留空，map 说明哪个文件在哪里。 */
function form(operation: object, files: [string, File][]): FormData {
  const body = new FormData();
  const text = JSON.stringify(operation, (_, value) => (value instanceof File ? null : value));
  body.append("operations", text);
  body.append("map", JSON.stringify(Object.fromEntries(files.map(([path], at) => [at, [path]]))));
  files.forEach(([, file], at) => body.append(String(at), file));
  return body;
}
