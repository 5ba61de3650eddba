import { useMemo } from "react";

import { Button } from "@graphiql/react";

import { TableIcon } from "../icons.jsx";
import { answer } from "../transport.js";
import { ChartView } from "./chart-view.jsx";
import { saveCsv, saveXlsx } from "./save.js";
import { toTable } from "./table.js";

const SHOWN = 200;

function Results() {
  const latest = answer.use();
  const table = useMemo(() => toTable(latest?.data), [latest]);
  return (
    <section className="hub-panel" aria-label="结果表格与图表">
      <h2 className="hub-title">结果表格与图表</h2>
      {table ? <TableAndChart table={table} /> : <p className="hub-note">{missing(latest)}</p>}
    </section>
  );
}

const missing = (latest) =>
  latest ? "这次的结果里没有列表。" : "运行一个查询，结果里的第一个列表会显示在这里。";

function TableAndChart({ table }) {
  return (
    <>
      <div className="hub-row">
        <Button type="button" onClick={() => saveCsv(table)}>
          下载 CSV
        </Button>
        <Button type="button" onClick={() => saveXlsx(table)}>
          下载 Excel
        </Button>
      </div>
      <ChartView table={table} />
      <p className="hub-note">
        {table.path}：{table.rows.length} 行，{table.columns.length} 列
        {table.rows.length > SHOWN && `；这里显示前 ${SHOWN} 行，下载的文件含全部`}
      </p>
      <Table table={table} />
    </>
  );
}

function Table({ table: { path, columns, rows } }) {
  return (
    <div className="hub-table" role="region" aria-label={`${path} 的表格`} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, SHOWN).map((row, line) => (
            <tr key={line}>
              {row.map((value, index) => (
                <td key={columns[index]}>{value === null ? "" : String(value)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export const resultsPlugin = { title: "结果表格与图表", icon: TableIcon, content: Results };
