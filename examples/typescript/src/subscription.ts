import { randomUUID } from "node:crypto";

import { graphql } from "./gql/gql.js";
import type { ChangeType } from "./gql/graphql.js";
import { HubError, type Hub } from "./hub.js";

const FIND = graphql(`
  query FindWebhook($name: String!) {
    webhooks(filter: { name: { eq: $name } }) {
      nodes {
        id
        version
        state
        blockedUntil
      }
    }
    changes(first: 0) {
      endCursor
    }
  }
`);

const CREATE = graphql(`
  mutation CreateWebhook($input: CreateWebhookInput!) {
    told: createWebhook(input: $input) {
      webhook {
        id
        version
      }
      secret
      problems {
        code
        message
        hint
      }
    }
  }
`);

const ROTATE = graphql(`
  mutation RotateSecret($input: WebhookVersionInput!) {
    told: rotateWebhookSecret(input: $input) {
      webhook {
        id
        version
      }
      secret
      problems {
        code
        message
        hint
      }
    }
  }
`);

const RESUME = graphql(`
  mutation ResumeWebhook($input: ReplayWebhookInput!) {
    told: replayWebhook(input: $input) {
      problems {
        code
        message
        hint
      }
    }
  }
`);

interface Webhook {
  id: string;
  secret: string;
}

/** 投递到 `url` 的回调；`kept` 是上次存下的。名称中有网址，以便找到自己的那一个。 */
export async function subscribed(
  hub: Hub,
  url: string,
  types: ChangeType[],
  kept: Webhook | undefined,
): Promise<Webhook> {
  const name = `副本 ${url}`;
  const { webhooks, changes } = await hub.ask(FIND, { name });
  const [found] = webhooks!.nodes;
  if (!found) {
    const input = { name, url, types, idempotencyKey: randomUUID() };
    return made((await hub.ask(CREATE, { input })).told!);
  }
  const { id, state, blockedUntil } = found;
  let expectedVersion = found.version;
  if (kept?.id !== id) {
    // 上次没来得及存下密钥
    const input = { id, expectedVersion, idempotencyKey: randomUUID() };
    const { told } = await hub.ask(ROTATE, { input });
    kept = made(told!);
    expectedVersion = told!.webhook!.version;
  }
  if (state === "PAUSED" || blockedUntil) {
    // 我们回来了：从现在的位置起恢复投递；其前的变更，随后由 changes 补齐。
    const after = changes!.endCursor;
    const input = { id, expectedVersion, after, idempotencyKey: randomUUID() };
    done((await hub.ask(RESUME, { input })).told!);
  }
  return kept;
}

interface Done {
  problems: { code: string; message: string; hint?: string | null }[];
}

function done({ problems: [problem] }: Done): void {
  if (problem) throw new HubError({ message: problem.message, extensions: problem });
}

function made(told: Done & { webhook?: { id: string } | null; secret?: string | null }): Webhook {
  done(told);
  // 网络中断后重发的那一次不再显示密钥：先前的回答丢了，下次再更换
  if (!told.secret) throw new Error("签名密钥未能取得");
  return { id: told.webhook!.id, secret: told.secret };
}
