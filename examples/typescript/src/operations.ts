import { openAsBlob } from "node:fs";
import { basename } from "node:path";

import { graphql } from "./gql/gql.js";
import type { DueInstrumentsQuery, InstrumentContent } from "./gql/graphql.js";
import { HubError, type Hub } from "./hub.js";

const DUE = graphql(`
  query DueInstruments($withinDays: Int!, $after: String) {
    dueInstruments(withinDays: $withinDays, first: 100, after: $after) {
      nodes {
        assetNo
        name
        department
        dueDate
        dueState
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

const CREATE = graphql(`
  mutation CreateInstrument($input: CreateInstrumentInput!) {
    createInstrument(input: $input) {
      instrument {
        id
        assetNo
        name
        dueDate
      }
      problems {
        code
        message
        path
        hint
      }
      replayed
    }
  }
`);

const IMPORT = graphql(`
  mutation ImportLedger($input: ImportLedgerInput!) {
    importLedger(input: $input) {
      counts {
        rejected
      }
      findings {
        line
        code
        message
      }
      stored {
        created
        updated
        unchanged
      }
      problems {
        code
        message
        hint
      }
    }
  }
`);

const VERIFY = graphql(`
  query VerifyCertificate($number: String!, $code: String!) {
    verifyCertificate(number: $number, code: $code) {
      number
      state
      issuer
      instrumentName
      conclusion
      validUntil
    }
  }
`);

/** 逐台给出 `withinDays` 天内到期与已超期的在用器具，先到期的在前；自动翻页。 */
export async function* dueInstruments(hub: Hub, withinDays: number) {
  let after: string | null | undefined;
  do {
    const { dueInstruments: page }: DueInstrumentsQuery = await hub.ask(DUE, { withinDays, after });
    yield* page?.nodes ?? [];
    after = page?.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after);
}

/**
 * 新建一件器具。被规则拒绝时不抛出：instrument 为空，problems 说明原因及其位置。
 * 同一幂等键只新建一次；再次提交得到先前的回答，replayed 为 true。
 */
export async function createInstrument(
  hub: Hub,
  content: InstrumentContent,
  idempotencyKey: string,
) {
  const { createInstrument } = await hub.ask(CREATE, { input: { content, idempotencyKey } });
  return createInstrument!; // 为空时必有 errors，hub.ask 已抛出 HubError
}

/** 把一份台账（CSV、TSV 或 XLSX）导入本机构；不合格的行被拒绝，其余照常导入。 */
export async function importLedger(hub: Hub, path: string, idempotencyKey: string) {
  const file = new File([await openAsBlob(path)], basename(path));
  const input = { file, onError: "REJECT_ROWS" as const, idempotencyKey };
  const { importLedger } = await hub.ask(IMPORT, { input }, { "variables.input.file": file });
  const { problems, counts, findings, stored } = importLedger!;
  if (problems[0]) throw new HubError({ message: problems[0].message, extensions: problems[0] });
  return { counts: counts!, findings, stored: stored! };
}

/** 凭编号与查询码查验证书，无需令牌；不符时抛出 HubError，code 为 NOT_FOUND。 */
export async function verifyCertificate(hub: Hub, number: string, code: string) {
  const { verifyCertificate } = await hub.ask(VERIFY, { number, code });
  return verifyCertificate;
}
