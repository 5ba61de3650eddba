import "./workers.js";

import { createRoot } from "react-dom/client";

import { explorerPlugin } from "@graphiql/plugin-explorer";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import { GraphiQL } from "graphiql";

import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "graphiql/graphiql.css";
import "./style.css";

import { explainPlugin } from "./explain/panel.jsx";
import { resultsPlugin } from "./results/panel.jsx";
import { linked } from "./samples.js";
import { samplesPlugin } from "./samples-panel.jsx";
import { StatusLine } from "./status-line.jsx";
import { TokenButton } from "./token-dialog.jsx";
import { fetcher } from "./transport.js";
import { WELCOME } from "./welcome.js";

const plugins = [samplesPlugin, explainPlugin, resultsPlugin, explorerPlugin(), HISTORY_PLUGIN];

createRoot(document.getElementById("root")).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={plugins}
    visiblePlugin={samplesPlugin}
    defaultQuery={WELCOME}
    initialQuery={linked?.query}
    initialVariables={linked?.variables}
    defaultEditorToolsVisibility="variables"
    showPersistHeadersSettings={false}
    inputValueDeprecation
    schemaDescription
  >
    <GraphiQL.Logo>计量数据枢纽</GraphiQL.Logo>
    <GraphiQL.Toolbar>
      {({ prettify, merge, copy }) => (
        <>
          {prettify}
          {merge}
          {copy}
          <TokenButton />
        </>
      )}
    </GraphiQL.Toolbar>
    <GraphiQL.Footer>
      <StatusLine />
    </GraphiQL.Footer>
  </GraphiQL>,
);
