import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { graphql } from "./gql/gql.js";
import type { ChangesQuery } from "./gql/graphql.js";
import { HubError, type Hub } from "./hub.js";
import { Journal, type Step } from "./journal.js";
import type { Told } from "./receiver.js";
import { subscribed } from "./subscription.js";

const EXPORT = graphql(`
  mutation Export($noun: ExportNoun!, $key: String!) {
    exportData(input: { noun: $noun, format: JSONL, idempotencyKey: $key }) {
      export {
        id
        changeCursor
      }
      problems {
        code
        message
        hint
      }
    }
  }
`);

const READY = graphql(`
  query Ready($id: ID!) {
    export(id: $id) {
      state
      failure
      rows
      url
    }
  }
`);

const CHANGES = graphql(`
  query Changes($noun: ChangeType!, $first: Int!, $after: String!) {
    changes(types: [$noun], first: $first, after: $after) {
      nodes {
        id
        node {
          __typename
          ... on Instrument {
            id
            version
            assetNo
            name
            status
            location
            dueDate
          }
          ... on Certificate {
            id
            version
            number
            state
            issueDate
            validUntil
          }
        }
      }
      endCursor
      hasMore
    }
  }
`);

type Node = NonNullable<NonNullable<ChangesQuery["changes"]>["nodes"][number]["node"]>;
type Row = Extract<Node, { __typename: "Instrument" | "Certificate" }>;
type Noun = "INSTRUMENT" | "CERTIFICATE";

/** 副本保存的种类；`kept` 从导出的一行中取出所保存的各项，与 CHANGES 中的相同。 */
const KEPT: Record<Noun, { type: Row["__typename"]; kept: (row: any) => Row }> = {
  INSTRUMENT: {
    type: "Instrument",
    kept: ({ id, version, assetNo, name, status, location, dueDate }) => {
      return { __typename: "Instrument", id, version, assetNo, name, status, location, dueDate };
    },
  },
  CERTIFICATE: {
    type: "Certificate",
    kept: ({ id, version, number, state, issueDate, validUntil }) => {
      return { __typename: "Certificate", id, version, number, state, issueDate, validUntil };
    },
  },
};
const NOUNS = Object.keys(KEPT) as Noun[];
const PAGE_SIZE = 100;
const LONGEST_PAUSE = 30;

/** 本机构器具与证书的副本：先导出一次，此后只读变更；随时可以中断，重来即从断处继续。 */
export class Replica {
  private readonly journal: Journal<Row>;

  constructor(
    private readonly hub: Hub,
    file: string,
  ) {
    this.journal = new Journal(file);
  }

  get size(): number {
    return this.journal.rows.size;
  }

  /** 回调至少送达一次，次序不定：版本不高于已有的，早已读到。 */
  knows({ objectId, kind, version }: Told): boolean {
    const row = this.journal.rows.get(objectId);
    return row ? row.version >= version : kind === "DELETE";
  }

  /** 投递到 `url` 的回调的签名密钥；只显示一次，所以存下。 */
  async secret(url: string): Promise<string> {
    return this.patiently(async () => {
      const { place } = this.journal;
      const webhook = await subscribed(this.hub, url, NOUNS, place.webhook);
      if (webhook !== place.webhook) this.journal.commit([], { ...place, webhook });
      return webhook.secret;
    });
  }

  /** 一直读到与枢纽一致；枢纽暂不可用时等待，被拒绝则抛出 HubError。 */
  async catchUp(): Promise<void> {
    for (const noun of NOUNS) while (await this.patiently(() => this.step(noun)));
  }

  private async patiently<T>(work: () => Promise<T>): Promise<T> {
    for (let pause = 0.1; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof HubError && error.retryAfter === undefined) throw error;
        await sleep(pause * 1000);
      }
    }
  }

  /** 读一步；后面还有时为真。 */
  private async step(noun: Noun): Promise<boolean> {
    const { exportKey, cursor } = this.journal.place.nouns[noun] ?? {};
    if (cursor) return this.follow(noun, cursor);
    if (exportKey) await this.fill(noun, exportKey);
    else this.commit([], noun, { exportKey: randomUUID() });
    return true;
  }

  private async fill(noun: Noun, key: string): Promise<void> {
    // 幂等键已存下：中断后以它再问，得到同一项导出。
    // 导出的 changeCursor 在读第一行之前取得，就是变更的起点。
    const { export: asked, problems } = (await this.hub.ask(EXPORT, { noun, key })).exportData!;
    if (problems[0]) throw new HubError({ message: problems[0].message, extensions: problems[0] });
    const { url, rows: count } = await this.ready(noun, asked!.id);
    const response = await this.hub.download(url!);
    if (response.status >= 400 && response.status < 500) this.commit([], noun, {}); // 须重新导出
    if (!response.ok) throw new Error(`下载未成功：${response.status}`);
    const found = new Map<string, Row>();
    for await (const line of lines(response.body!)) {
      const row = KEPT[noun].kept(JSON.parse(line));
      found.set(row.id, row);
    }
    if (found.size !== count) throw new Error("导出文件不完整");
    const { type } = KEPT[noun];
    const gone = [...this.journal.rows.values()].filter(
      ({ __typename, id }) => __typename === type && !found.has(id),
    );
    const steps: Step<Row>[] = gone.map(({ id }) => ({ drop: id }));
    for (const keep of found.values()) steps.push({ keep });
    this.commit(steps, noun, { cursor: asked!.changeCursor });
  }

  /** 导出写完之后的链接，15 分钟内有效；每次下载之前都重新取得。 */
  private async ready(noun: Noun, id: string) {
    for (;;) {
      const told = (await this.hub.ask(READY, { id })).export!;
      if (told.state === "DONE") return told;
      if (told.state !== "QUEUED" && told.state !== "RUNNING") {
        this.commit([], noun, {});
        const code = told.failure ?? told.state;
        throw new HubError({ message: "导出未成功，重来即重新导出", extensions: { code } });
      }
      await sleep(500);
    }
  }

  /** 读一页变更；后面还有时为真。 */
  private async follow(noun: Noun, after: string): Promise<boolean> {
    try {
      const { changes } = await this.hub.ask(CHANGES, { noun, first: PAGE_SIZE, after });
      const { nodes, endCursor, hasMore } = changes!;
      if (endCursor !== after) {
        const steps = nodes.map(({ id, node }): Step<Row> =>
          node ? { keep: node as Row } : { drop: id },
        );
        this.commit(steps, noun, { cursor: endCursor });
      }
      return hasMore;
    } catch (error) {
      if (!(error instanceof HubError) || error.code !== "CHANGE_TOKEN_EXPIRED") throw error;
      // 变更已不再保留，须重新导出；其 changeCursor 不早于 restartToken，所以后者不必存下。
      this.commit([], noun, {});
      return true;
    }
  }

  private commit(steps: Step<Row>[], noun: Noun, at: { exportKey?: string; cursor?: string }): void {
    const { place } = this.journal;
    this.journal.commit(steps, { ...place, nouns: { ...place.nouns, [noun]: at } });
  }
}

/** JSONL 的各行，只以 \n 分行：内容中可以有 U+2028 之类。 */
async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of body) {
    const found = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = found.pop()!;
    yield* found;
  }
}
