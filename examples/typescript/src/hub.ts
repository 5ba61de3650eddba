import { setTimeout as sleep } from "node:timers/promises";

import type { TypedDocumentString } from "./gql/graphql.js";

const ATTEMPTS = 3;

interface Failure {
  message: string;
  extensions: { code: string; hint?: string; retryAfter?: number };
}

/** 数据枢纽拒绝了请求：code 不翻译，供程序判断；message 与 hint 给人看。 */
export class HubError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly retryAfter: number | undefined;

  constructor({ message, extensions }: Failure) {
    super(message);
    this.code = extensions.code;
    this.hint = extensions.hint;
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
   */
  async ask<Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    variables: Variables,
  ): Promise<Data> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.send(document.toString(), variables);
      } catch (error) {
        const wait = error instanceof HubError ? error.retryAfter : attempt;
        if (wait === undefined || attempt === ATTEMPTS) throw error;
        await sleep(wait * 1000);
      }
    }
  }

  private async send<Data>(query: string, variables: unknown): Promise<Data> {
    const response = await fetch(this.url, {
      method: "POST",
      headers: {
        accept: "application/graphql-response+json",
        "accept-language": "zh-CN",
        "content-type": "application/json",
        ...(this.token && { authorization: `Bearer ${this.token}` }),
      },
      body: JSON.stringify({ query, variables }),
    });
    const answer = (await response.json()) as { data: Data; errors?: Failure[] };
    if (answer.errors?.[0]) throw new HubError(answer.errors[0]);
    return answer.data;
  }
}
