// The curve: a dot for each trial, the best so far as a step line, the baseline as a dashed line.
import uPlot from "uplot";
import { lookOf, swatch, trace } from "./families";
import { make, parametersOf, setText, short } from "./format";
import type { TrialRow } from "./protocol";
import type { Store } from "./store";
import { isDark, property } from "./theme";

const HEIGHT = 260;
const SPREAD = 3; // how far beyond the middle half of the scores, in its widths, the picture still reaches
const NEAR = 24; // pixels within which a click finds a dot

/** Bounds that keep far bad scores, drawn at the edge, from squeezing the rest. */
export function boundsOf(scores: number[], lowerIsBetter: boolean, also: (number | null)[] = []): [number, number] {
  if (scores.length === 0) return [0, 1];
  const sorted = [...scores].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  let low = sorted[0]!, high = sorted[sorted.length - 1]!;
  if (sorted.length >= 4) {
    const width = Math.max(at(0.75) - at(0.25), 1e-9) * SPREAD;
    if (lowerIsBetter) high = Math.min(high, at(0.75) + width);
    else low = Math.max(low, at(0.25) - width);
  }
  for (const value of also) {
    if (value === null) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const margin = (high - low || Math.abs(high) * 0.05 || 0.05) * 0.08;
  return [low - margin, high + margin];
}

export function curve(store: Store): { root: HTMLElement; update: () => void; restyle: () => void; stop: () => void } {
  const plotPlace = make("div", { class: "am-plot", tabindex: "0", role: "group", "aria-label": "Trial curve. Arrow keys go from trial to trial; a table of all trials is under Leaderboard." });
  const legend = make("ul", { class: "am-legend", "aria-label": "Families" });
  const details = make("p", { class: "am-details", "aria-live": "polite" }, "Click a dot, or use the arrow keys, to see a trial.");
  const rows = make("tbody");
  const table = make("details", { class: "am-data" }, make("summary", {}, "Show as table"),
    make("div", { class: "am-scroll" }, make("table", { class: "am-table" }, make("thead", {}, make("tr", {}, ...["trial", "model", "score", "best so far", "state"].map((text) => make("th", { scope: "col" }, text)))), rows)));
  const root = make("div", { class: "am-curve" }, legend, plotPlace, details, table);
  let plot: uPlot | undefined;
  let size = 0;
  let titled = "";

  const lower = () => store.about?.better === "lower";
  const label = () => (store.about ? store.about.metric + (lower() ? " (lower is better)" : "") : "score");
  const baseline = () => store.about?.baseline ?? null;

  function data(): uPlot.AlignedData {
    const trials = store.scored();
    return [trials.map((trial) => trial.id), trials.map((trial) => trial.score), store.bestSoFar(), trials.map(baseline)];
  }

  function draw(u: uPlot): void {
    const context = u.ctx;
    const dark = isDark(root);
    const ratio = uPlot.pxRatio;
    const [bottom, top] = [u.scales["y"]!.min!, u.scales["y"]!.max!];
    const models = store.about?.models ?? [];
    context.save();
    context.setLineDash([]);
    for (const trial of store.trials.values()) {
      if (trial.hidden) continue;
      const x = u.valToPos(trial.id, "x", true);
      if (trial.score === null) {
        if (trial.state === "failed") failed(context, x, u.bbox.top + u.bbox.height - 7 * ratio, ratio);
        continue;
      }
      const y = u.valToPos(Math.min(top, Math.max(bottom, trial.score)), "y", true);
      const look = lookOf(models, trial.model, dark);
      context.globalAlpha = trial.state === "running" ? 0.45 : 1;
      context.lineWidth = 1.5 * ratio;
      context.strokeStyle = context.fillStyle = look.colour;
      trace(context, trial.origin === "you" ? "star" : look.shape, x, y, 4.2 * ratio);
      if (trial.state === "done" || trial.state === "running") context.fill();
      else context.stroke();
      if (store.selected === trial.id) {
        context.globalAlpha = 1;
        context.strokeStyle = property(root, "--am-text");
        trace(context, "circle", x, y, 8 * ratio);
        context.stroke();
      }
    }
    context.restore();
  }

  function failed(context: CanvasRenderingContext2D, x: number, y: number, ratio: number): void {
    context.strokeStyle = property(root, "--am-bad");
    context.lineWidth = 1.5 * ratio;
    context.beginPath();
    for (const way of [-1, 1]) {
      context.moveTo(x - 3 * ratio, y - 3 * way * ratio);
      context.lineTo(x + 3 * ratio, y + 3 * way * ratio);
    }
    context.stroke();
  }

  function build(): void {
    plot?.destroy();
    const [text, grid, best] = ["--am-text", "--am-line", "--am-best"].map((name) => property(root, name));
    const font = `12px ${getComputedStyle(root).fontFamily || "sans-serif"}`;
    const axis = { stroke: text!, font, labelFont: font, grid: { stroke: grid!, width: 1 }, ticks: { stroke: grid!, width: 1 } };
    titled = label();
    plot = new uPlot({
      width: Math.max(200, plotPlace.clientWidth || 600),
      height: HEIGHT,
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { show: false }, y: false },
      scales: {
        x: { time: false, range: () => [-0.6, Math.max(9, ...[...store.trials.keys()].slice(-1)) + 0.6] },
        y: { range: () => boundsOf(store.scored().map((trial) => trial.score!), lower(), [baseline()]) },
      },
      axes: [
        { ...axis, label: "trial", labelSize: 20, size: 34, grid: { show: false }, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] },
        { ...axis, label: titled, labelSize: 20, size: 58, values: (_: uPlot, values: number[]) => values.map((value) => short(Number(value.toPrecision(10)))) },
      ],
      series: [
        {},
        { show: true, paths: () => null, points: { show: false } },
        { stroke: best!, width: 1.8, paths: uPlot.paths.stepped!({ align: 1 }), points: { show: false } },
        { stroke: text!, width: 1.2, dash: [5, 4], points: { show: false } },
      ],
      hooks: { draw: [draw] },
    }, data(), plotPlace);
    plot.over.addEventListener("click", (event) => pick(event.offsetX, event.offsetY));
    size = plotPlace.clientWidth;
  }

  function pick(x: number, y: number): void {
    if (!plot) return;
    let nearest: TrialRow | undefined;
    let distance = NEAR;
    for (const trial of store.scored()) {
      const away = Math.hypot(plot.valToPos(trial.id, "x") - x, plot.valToPos(trial.score!, "y") - y);
      if (away < distance) [nearest, distance] = [trial, away];
    }
    store.select(nearest?.id);
  }

  plotPlace.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
    const ids = store.scored().map((trial) => trial.id);
    if (step === undefined || ids.length === 0) return;
    event.preventDefault();
    event.stopPropagation();
    const place = store.selected === undefined ? (step > 0 ? -1 : ids.length) : ids.indexOf(store.selected);
    store.select(ids[Math.min(ids.length - 1, Math.max(0, place + step))]);
  });

  function legendRows(): void {
    const dark = isDark(root);
    const models = store.about?.models ?? [];
    const used = new Set([...store.trials.values()].filter((trial) => !trial.hidden).map((trial) => trial.model));
    const items = models.filter((model) => used.has(model)).map((model) => make("li", {}, swatch(lookOf(models, model, dark)), model));
    items.push(make("li", {}, make("span", { class: "am-key am-key-best" }), "best so far"));
    if (baseline() !== null) items.push(make("li", {}, make("span", { class: "am-key am-key-baseline" }), "baseline"));
    if (legend.children.length !== items.length || legend.dataset["dark"] !== String(dark)) legend.replaceChildren(...items);
    legend.dataset["dark"] = String(dark);
  }

  function tell(): void {
    const trial = store.selected === undefined ? undefined : store.trials.get(store.selected);
    if (!trial) return;
    const spread = trial.spread === null ? "" : ` ± ${short(trial.spread)}`;
    const reason = trial.reason ? ` (${trial.reason})` : "";
    setText(details, `Trial ${trial.id}: ${trial.model}, ${short(trial.score)}${spread}, ${trial.state}${reason}, ${trial.seconds.toFixed(1)} s, from ${trial.origin}. ${parametersOf(trial)}`);
  }

  function tableRows(): void {
    if (!table.open) return;
    const best = store.bestSoFar();
    rows.replaceChildren(...store.scored().map((trial, place) => make("tr", {}, ...[String(trial.id), trial.model, short(trial.score), short(best[place]), trial.state].map((text) => make("td", {}, text)))));
  }
  table.addEventListener("toggle", tableRows);

  function update(): void {
    legendRows();
    tell();
    tableRows();
    if (root.offsetParent === null && plotPlace.clientWidth === 0) return;
    if (!plot || titled !== label()) build();
    else plot.setData(data());
  }
  function resize(): void {
    const width = plotPlace.clientWidth;
    if (width === 0 || width === size) return;
    size = width;
    if (plot) plot.setSize({ width: Math.max(200, width), height: HEIGHT });
    else update();
  }
  const watcher = new ResizeObserver(resize);
  watcher.observe(plotPlace);
  return {
    root,
    update,
    restyle: () => {
      if (plot) build();
      legend.dataset["dark"] = "";
      update();
    },
    stop: () => {
      watcher.disconnect();
      plot?.destroy();
    },
  };
}
