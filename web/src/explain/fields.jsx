import { badge, count, toTree } from "./told.js";

/** 答案的各个字段：代价、列表的长度、可见性。 */
export function Fields({ fields, omitted }) {
  return (
    <section aria-label="各个字段">
      <h3 className="hub-subtitle">各个字段</h3>
      <Branches nodes={toTree(fields)} />
      {omitted > 0 && <p className="hub-note">另有 {count(omitted)} 个字段没有列出。</p>}
    </section>
  );
}

const Branches = ({ nodes }) => (
  <ul className="hub-plain hub-tree">
    {nodes.map((node) => (
      <li key={node.name}>
        <Branch node={node} />
      </li>
    ))}
  </ul>
);

function Branch({ node }) {
  if (!node.below.length) return <Line node={node} />;
  return (
    <details open>
      <summary>
        <Line node={node} />
      </summary>
      <Branches nodes={node.below} />
    </details>
  );
}

function Line({ node: { field, name, share } }) {
  const { points, size, verdict, coordinate } = field;
  const seen = badge(verdict);
  return (
    <span className="hub-field">
      <code title={coordinate}>{name}</code>
      {size !== null && <span>≤{count(size)} 行</span>}
      {points > 0 && (
        <span className="hub-points">
          <span className="hub-bar" aria-hidden="true">
            <span style={{ width: `${100 * share}%` }} />
          </span>
          {count(points)} 点
        </span>
      )}
      {seen && (
        <span className={`hub-badge hub-${seen.kind}`} title={verdict.reason}>
          {seen.word}
        </span>
      )}
      {seen && seen.kind !== "clear" && <span className="hub-reason">{verdict.reason}</span>}
    </span>
  );
}
