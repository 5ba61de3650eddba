import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";

import { SamplesIcon } from "./icons.jsx";
import { samples, unknown } from "./samples.js";
import { WELCOME } from "./welcome.js";

const untouched = new Set(["", WELCOME, ...samples.map(({ query }) => query)].map((text) => text.trim()));

/** 把示例放入编辑器；当前标签页里有自己写的查询时另开一页。 */
function useOpen() {
  const { addTab } = useGraphiQLActions();
  const { queryEditor, variableEditor } = useGraphiQL(({ queryEditor, variableEditor }) => ({
    queryEditor,
    variableEditor,
  }));
  return ({ query, variables }) => {
    if (!untouched.has(queryEditor.getValue().trim())) addTab();
    queryEditor.setValue(query);
    variableEditor.setValue(variables);
  };
}

function Samples() {
  const open = useOpen();
  return (
    <section className="hub-panel" aria-label="示例查询">
      <h2 className="hub-title">示例查询</h2>
      {unknown && <p className="hub-warning">没有名为“{unknown}”的示例。</p>}
      <ul className="hub-samples">
        {samples.map((sample) => (
          <li key={sample.name}>
            <button type="button" className="hub-sample" onClick={() => open(sample)}>
              <strong>{sample.title}</strong>
              <span>{sample.description}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

export const samplesPlugin = { title: "示例查询", icon: SamplesIcon, content: Samples };
