// 问服务器一个查询将做什么；查询本身不被执行。

import { ask } from "../transport.js";

const EXPLAIN = `query Explain($query: String!, $variables: JSON, $name: String) {
  explain(document: $query, variables: $variables, operationName: $name) {
    operation
    name
    cost {
      requested
      maximum
      rows
      maximumRows
      values
      maximumValues
    }
    problems {
      code
      message
      hint
      line
      column
    }
    statements
    roots {
      key
      declined
      statements
      rows
      sql
    }
    fields {
      path
      coordinate
      points
      size
      verdict {
        sight
        reason
      }
    }
    omitted
    entities {
      noun
      most
    }
  }
}`;

/** 服务器的解释；答不出时抛出原因。 */
export async function explain({ query, variables, name }, signal) {
  const answer = await ask({ query: EXPLAIN, variables: { query, variables, name } }, undefined, signal);
  const told = answer.data?.explain;
  if (!told) throw new Error(answer.errors?.[0]?.message ?? "服务器没有给出解释");
  return told;
}
