import { useEffect, useId, useMemo, useRef, useState } from "react";

import { useGraphiQL } from "@graphiql/react";

import { axes } from "./axes.js";

const KINDS = { bar: "柱状图", line: "折线图" };

/** 一个类别列与一个数值列的图；没有数值列时说明原因。 */
export function ChartView({ table }) {
  const { labels, numbers } = useMemo(() => axes(table), [table]);
  const [chosen, choose] = useState({});
  const pick = (name, options) => (options.includes(chosen[name]) ? chosen[name] : options[0]);
  const kind = pick("kind", Object.keys(KINDS));
  const label = pick("label", labels);
  const number = pick("number", numbers);
  if (!label || !number) return <p className="hub-note">没有可画的图：需要一个文字列和一个数值列。</p>;
  const select = (name) => (value) => choose({ ...chosen, [name]: value });
  return (
    <div>
      <div className="hub-row">
        <Choice name="图形" value={kind} options={Object.keys(KINDS)} words={KINDS} onChange={select("kind")} />
        <Choice name="类别" value={label} options={labels} onChange={select("label")} />
        <Choice name="数值" value={number} options={numbers} onChange={select("number")} />
      </div>
      <Chart table={table} kind={kind} label={label} number={number} />
    </div>
  );
}

function Choice({ name, value, options, words = {}, onChange }) {
  const id = useId();
  return (
    <span className="hub-choice">
      <label htmlFor={id}>{name}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map((option) => (
          <option key={option} value={option}>
            {words[option] ?? option}
          </option>
        ))}
      </select>
    </span>
  );
}

function Chart({ table, kind, label, number }) {
  const element = useRef(null);
  const theme = useGraphiQL((state) => state.theme);
  const points = useMemo(() => pointsOf(table, label, number), [table, label, number]);
  useEffect(() => {
    let clear = () => {};
    let gone = false;
    import("./chart.js").then(({ draw }) => {
      if (!gone) clear = draw(element.current, { kind, label, number, points });
    });
    return () => {
      gone = true;
      clear();
    };
  }, [kind, label, number, points, theme]);
  return <div ref={element} className="hub-chart" role="img" aria-label={`${number} 按 ${label} 的${KINDS[kind]}`} />;
}

function pointsOf({ columns, rows }, label, number) {
  const [text, value] = [columns.indexOf(label), columns.indexOf(number)];
  return rows.map((row) => [row[text] ?? "", row[value] === null ? null : Number(row[value])]);
}
