import { notices } from "./notices.js";
import { session } from "./session.js";
import { answer } from "./transport.js";

/** 结果下方的一行：登录状态与最近一次的代价。 */
export function StatusLine() {
  const lines = notices(answer.use(), session.use());
  return (
    <div className="hub-status" role="status">
      {lines.map(({ text, warning }) => (
        <span key={text} className={warning ? "hub-warning" : undefined}>
          {warning && "注意："}
          {text}
        </span>
      ))}
    </div>
  );
}
