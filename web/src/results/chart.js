import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([BarChart, LineChart, AriaComponent, GridComponent, TooltipComponent, SVGRenderer]);

/** 在 element 里画图，随它的大小变化；返回撤除图的函数。 */
export function draw(element, { kind, label, number, points }) {
  const chart = init(element, null, { renderer: "svg", locale: "ZH" });
  const ink = getComputedStyle(element).color;
  chart.setOption({
    aria: { enabled: true },
    animation: false,
    color: ["#3b82c4"],
    textStyle: { color: ink },
    tooltip: { trigger: "axis" },
    grid: { left: 8, right: 16, top: 32, bottom: 8, containLabel: true },
    xAxis: { type: "category", data: points.map(([text]) => text), axisLabel: { color: ink } },
    yAxis: {
      type: "value",
      name: number,
      nameTextStyle: { color: ink, align: "left" },
      axisLabel: { color: ink },
      splitLine: { lineStyle: { color: "#8888" } },
    },
    series: [{ type: kind, name: `${number}（按 ${label}）`, data: points.map(([, value]) => value) }],
  });
  const observer = new ResizeObserver(() => chart.resize());
  observer.observe(element);
  return () => {
    observer.disconnect();
    chart.dispose();
  };
}
