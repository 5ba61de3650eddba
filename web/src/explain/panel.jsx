import { useEffect, useState } from "react";

import { tryParseJSONC, useGraphiQL, useOperationsEditorState, useVariablesEditorState } from "@graphiql/react";

import { ExplainIcon } from "../icons.jsx";
import { session } from "../session.js";
import { explain } from "./ask.js";
import { Fields } from "./fields.jsx";
import { count, isBlank, meters, statements, summary } from "./told.js";

const PAUSE = 600;

/** 停笔片刻后，对编辑器里的查询的解释 {told}，或者说明为何没有 {note}。 */
function useExplanation() {
  const [query] = useOperationsEditorState();
  const [text] = useVariablesEditorState();
  const name = useGraphiQL((state) => state.operationName);
  const held = session.use();
  const [found, setFound] = useState({});
  useEffect(() => {
    const abort = new AbortController();
    const look = () =>
      explained(query, text, name, abort.signal).then(
        setFound,
        (error) => abort.signal.aborted || setFound({ note: error.message }),
      );
    const timer = setTimeout(look, PAUSE);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [query, text, name, held]);
  return found;
}

async function explained(query, text, name, signal) {
  if (isBlank(query)) return { note: "在编辑器里写一个查询，停笔片刻就在这里解释它；它不会被执行。" };
  return { told: await explain({ query, variables: variablesIn(text), name }, signal) };
}

function variablesIn(text) {
  try {
    return tryParseJSONC(text);
  } catch {
    throw new Error("变量不是 JSON 对象，改好后再解释。");
  }
}

function Explain() {
  const { told, note } = useExplanation();
  return (
    <section className="hub-panel hub-explain" aria-label="解释查询">
      <h2 className="hub-title">解释查询</h2>
      <p className="hub-note" role="status">
        {told ? summary(told) : note}
      </p>
      {told?.problems.length > 0 && <Problems problems={told.problems} />}
      {told?.cost && <Told told={told} />}
    </section>
  );
}

function Told({ told: { cost, problems, roots, fields, omitted, entities } }) {
  return (
    <>
      <Meters cost={cost} />
      {problems.length === 0 && (
        <Part title="怎样作答">
          {roots.map((root) => (
            <Root key={root.key} root={root} />
          ))}
        </Part>
      )}
      <Fields fields={fields} omitted={omitted} />
      {entities.length > 0 && (
        <Part title="至多用到的对象">
          {entities.map(({ noun, most }) => (
            <li key={noun}>
              {noun} {count(most)} 个
            </li>
          ))}
        </Part>
      )}
    </>
  );
}

function Part({ title, children }) {
  return (
    <section aria-label={title}>
      <h3 className="hub-subtitle">{title}</h3>
      <ul className="hub-plain">{children}</ul>
    </section>
  );
}

function Problems({ problems }) {
  return (
    <ul className="hub-plain hub-problems" aria-label="执行时会被拒绝的原因">
      {problems.map(({ code, message, hint, line, column }, index) => (
        <li key={index}>
          <code>{code}</code> {line && `第 ${line} 行第 ${column} 列：`}
          {message}
          {hint && <div className="hub-hint">{hint}</div>}
        </li>
      ))}
    </ul>
  );
}

function Meters({ cost }) {
  return (
    <ul className="hub-plain hub-meters" aria-label="代价与上限">
      {meters(cost).map(({ label, number, most, share }) => (
        <li key={label}>
          <span>{label}</span>
          <span className="hub-bar" aria-hidden="true">
            <span className={number > most ? "hub-over" : undefined} style={{ width: `${100 * share}%` }} />
          </span>
          <span>
            {count(number)} / {count(most)}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Root({ root: { key, declined, statements: number, rows, sql } }) {
  const told = [declined, declined && statements(number), rows > 0 && `至多 ${count(rows)} 个对象`];
  return (
    <li>
      <code>{key}</code> <span className="hub-badge">{declined ? "逐字段解析" : "一条语句"}</span>{" "}
      {told.filter(Boolean).join("；")}
      {sql && (
        <details>
          <summary>SQL</summary>
          <pre className="hub-sql" role="region" aria-label={`${key} 的 SQL`} tabIndex={0}>
            {sql}
          </pre>
        </details>
      )}
    </li>
  );
}

export const explainPlugin = { title: "解释查询", icon: ExplainIcon, content: Explain };
