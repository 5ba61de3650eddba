import { setTimeout as sleep } from "node:timers/promises";

import { graphql } from "./gql/gql.js";
import type { KeptFragment } from "./gql/graphql.js";
import { HubError, type Hub } from "./hub.js";
import { Journal, type Step } from "./journal.js";

const NOW = graphql(`
  query Now {
    changes(first: 0) {
      endCursor
    }
  }
`);

const PAGE = graphql(`
  query LedgerPage($first: Int!, $after: String) {
    instruments(first: $first, after: $after) {
      nodes {
        ...Kept
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }

  fragment Kept on Instrument {
    id
    version
    assetNo
    name
    status
    location
    dueDate
  }
`);

const CHANGES = graphql(`
  query LedgerChanges($first: Int!, $after: String!) {
    changes(first: $first, after: $after, types: [INSTRUMENT]) {
      nodes {
        id
        node {
          __typename
          ...Kept
        }
      }
      endCursor
      hasMore
    }
  }
`);

const PAGE_SIZE = 100;
const LONGEST_PAUSE = 30;

/** 本机构台账的副本：先通读一遍，此后只读变更；随时可以中断，重来即从断处继续。 */
export class Replica {
  private readonly journal: Journal<KeptFragment>;

  constructor(
    private readonly hub: Hub,
    file: string,
  ) {
    this.journal = new Journal(file);
  }

  get size(): number {
    return this.journal.rows.size;
  }

  /** 一直读到与枢纽一致；枢纽暂不可用时等待，被拒绝则抛出 HubError。 */
  async catchUp(): Promise<void> {
    for (let pause = 0.1; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      try {
        while (await this.step()) pause = 0.1;
        return;
      } catch (error) {
        if (error instanceof HubError && error.retryAfter === undefined) throw error;
        await sleep(pause * 1000);
      }
    }
  }

  private async step(): Promise<boolean> {
    const { place } = this.journal;
    if (place.cursor === null) {
      // 先取游标，再通读：通读时发生的变更，之后还会读到。
      const { changes } = await this.hub.ask(NOW, {});
      const reading = place.reading + 1;
      this.journal.commit([], { reading, page: null, isRead: false, cursor: changes!.endCursor });
      return true;
    }
    if (!place.isRead) return this.read();
    return this.follow(place.cursor);
  }

  private async read(): Promise<boolean> {
    const { place } = this.journal;
    const asked = { first: PAGE_SIZE, after: place.page };
    const { nodes, pageInfo } = (await this.hub.ask(PAGE, asked)).instruments!;
    const page = pageInfo.endCursor ?? null;
    this.journal.commit(nodes.map((keep) => ({ keep })), { ...place, page });
    if (!pageInfo.hasNextPage) {
      this.journal.commit(this.journal.forgotten(), { ...place, page, isRead: true });
    }
    return true;
  }

  private async follow(cursor: string): Promise<boolean> {
    const { place } = this.journal;
    try {
      const { changes } = await this.hub.ask(CHANGES, { first: PAGE_SIZE, after: cursor });
      const { nodes, endCursor, hasMore } = changes!;
      if (endCursor !== cursor) {
        const steps = nodes.map(({ id, node }): Step<KeptFragment> =>
          node?.__typename === "Instrument" ? { keep: node } : { drop: id },
        );
        this.journal.commit(steps, { ...place, cursor: endCursor });
      }
      return hasMore;
    } catch (error) {
      if (!(error instanceof HubError) || error.code !== "CHANGE_TOKEN_EXPIRED") throw error;
      this.journal.commit([], { ...place, cursor: null }); // 变更已不再保留，须重新通读
      return true;
    }
  }
}
