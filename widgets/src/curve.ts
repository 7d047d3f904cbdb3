// The Curve tab: caption, chart, legend, the selected trial in words, and the table behind the chart.
import { makeChart, type Chart } from "./chart";
import type { Context, Part } from "./context";
import { makeDetails } from "./details";
import { element, freshId, setText } from "./dom";
import { makeLegend } from "./legend";
import { bestSoFar } from "./ranking";
import { scoreRange, trialRange } from "./range";
import type { TrialRow } from "./protocol";
import { makeTrialTable } from "./trials";

const HEIGHT = { least: 200, most: 340 };

export function makeCurve(context: Context, panel: HTMLElement): Part {
  const caption = element("p", { class: "am-caption", id: freshId("caption") });
  const hint = element("p", { class: "am-hint" }, "Click a mark, or press ← →, to read a trial.");
  const host = element("div", { class: "am-chart", tabindex: 0, role: "group", "aria-labelledby": caption.id });
  let far = false;
  const legend = makeLegend(context, () => far);
  const details = makeDetails(context);
  const table = makeTrialTable(context);
  const head = element("div", { class: "am-chart-head" }, caption, hint);
  const root = element("div", { class: "am-curve" }, head, host, legend.element, details.element, table.element);
  const parts = [legend, details, table];
  let chart: Chart | null = null;
  let width = 0;

  const fit = () => {
    const room = Math.floor(host.clientWidth);
    if (room <= 0 || room === width) return;
    width = room;
    const height = Math.round(Math.min(HEIGHT.most, Math.max(HEIGHT.least, room * 0.36)));
    if (chart === null) chart = makeChart(host, panel, room, height);
    else chart.resize(room, height);
    draw();
  };
  const draw = () => {
    if (chart !== null) far = drawInto(chart, context);
  };
  const watcher = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(() => requestAnimationFrame(fit));
  watcher?.observe(host);

  host.addEventListener("click", (event) => context.select(chart?.at(event.clientX, event.clientY) ?? null));
  host.addEventListener("keydown", (event) => {
    const next = step(context, event.key);
    if (next === undefined) return;
    event.preventDefault();
    context.select(next);
  });

  return {
    element: root,
    update() {
      const about = context.store.about;
      const direction = about?.better === "lower" ? "lower is better" : "higher is better";
      setText(caption, about ? `${about.metric} of each trial (${direction})` : "Waiting for the first trial");
      fit();
      draw();
      parts.forEach((part) => part.update());
    },
    recolour() {
      chart?.recolour();
    },
    close() {
      watcher?.disconnect();
      chart?.close();
    },
  };
}

/** Draw; return whether a score lies outside the picture. */
function drawInto(chart: Chart, context: Context): boolean {
  const { store } = context;
  const about = store.about;
  const better = about?.better ?? "higher";
  const trials = inOrder(store.trials);
  const shown = trials.filter((trial) => trial.state !== "failed" && trial.score !== null);
  const baseline = about?.baseline ?? null;
  const last = trials[trials.length - 1]?.id ?? 0;
  const reach = trialRange(last, store.status?.trials ?? null);
  const scene = {
    trials,
    family: new Map(store.families().map((family, place) => [family, place])),
    range: scoreRange(shown.map((trial) => trial.score!), better, baseline),
    baseline,
    better,
    acts: [...store.notes.values()].flatMap(({ trial, who }) => (who === null ? [] : [{ trial, who }])),
    selected: context.selected(),
  };
  const best = bestSoFar(trials, better);
  const x = trials.map((trial) => trial.id);
  chart.draw(scene, [...x, last + 0.5], [...best, best[best.length - 1] ?? null], reach);
  return shown.some((trial) => trial.score! < scene.range.low || trial.score! > scene.range.high);
}

function inOrder(trials: Map<number, TrialRow>): TrialRow[] {
  return [...trials.values()].sort((a, b) => a.id - b.id);
}

/** Return the trial that a key selects; undefined where the key is none of ours. */
function step(context: Context, key: string): number | null | undefined {
  const ids = [...context.store.trials.keys()].sort((a, b) => a - b);
  if (key === "Escape") return null;
  if (ids.length === 0) return undefined;
  const now = context.selected();
  const at = now === null ? -1 : ids.indexOf(now);
  if (key === "ArrowRight") return ids[Math.min(at + 1, ids.length - 1)];
  if (key === "ArrowLeft") return ids[at <= 0 ? (now === null ? ids.length - 1 : 0) : at - 1];
  if (key === "Home") return ids[0];
  if (key === "End") return ids[ids.length - 1];
  return undefined;
}
