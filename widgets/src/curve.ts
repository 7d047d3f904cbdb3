// The Curve tab: caption, chart, legend, and the table behind the chart.
import { makeChart, type Chart } from "./chart";
import type { Context, Part } from "./context";
import { element, freshId, setText } from "./dom";
import { makeLegend } from "./legend";
import { bestSoFar, whenMade } from "./ranking";
import { columnOf } from "./paint";
import { scoreRange, steady, trialRange, type Range } from "./range";
import type { TrialRow } from "./protocol";
import { makeTrialTable } from "./trials";

const HEIGHT = { least: 200, most: 340 };

export function makeCurve(context: Context, panel: HTMLElement): Part {
  const caption = element("p", { class: "am-caption", id: freshId("caption") });
  const hint = element("p", { class: "am-hint" }, "Click a mark, or press ← →, to read a trial.");
  const host = element("div", { class: "am-chart", tabindex: 0, role: "group", "aria-labelledby": caption.id });
  let far = false;
  let held: Range | null = null;
  const legend = makeLegend(context, () => far);
  const table = makeTrialTable(context);
  const head = element("div", { class: "am-chart-head" }, caption, hint);
  const root = element("div", { class: "am-curve" }, head, host, legend.element, table.element);
  const parts = [legend, table];
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
    if (chart === null) return;
    const drawn = drawInto(chart, context, held);
    [far, held] = [drawn.far, drawn.range];
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

/** Draw; return the range of scores that is shown, and whether one lies outside. `held` is the range shown before. */
function drawInto(chart: Chart, context: Context, held: Range | null): { range: Range; far: boolean } {
  const { store } = context;
  const about = store.about;
  const better = about?.better ?? "higher";
  const trials = inOrder(store.trials);
  const shown = trials.filter((trial) => trial.state !== "failed" && trial.score !== null);
  const baseline = about?.baseline ?? null;
  const last = Math.max(0, ...context.store.trials.keys());
  const end = trials.some((trial) => trial.id < 0) ? last + 1 : last;
  const reach = trialRange(end, store.status?.trials ?? null);
  const scene = {
    trials,
    last,
    family: new Map(store.families().map((family) => [family, store.place(family)])),
    range: steady(held, scoreRange(shown.map((trial) => trial.score!), better, baseline)),
    baseline,
    better,
    acts: [...store.notes.values()].flatMap(({ trial, who }) => (who === null ? [] : [{ trial, who }])),
    selected: context.selected(),
  };
  const steps = stepsOf(trials.map((trial) => columnOf(trial, last)), bestSoFar(trials, better));
  chart.draw(scene, [...steps.x, end + 0.5], [...steps.best, steps.best[steps.best.length - 1] ?? null], reach);
  const far = shown.some((trial) => trial.score! < scene.range.low || trial.score! > scene.range.high);
  return { range: scene.range, far };
}

/** Return the points at which a step line has its steps. */
function stepsOf(x: number[], best: (number | null)[]): { x: number[]; best: (number | null)[] } {
  const places = x.map((_, place) => place).filter((place) => place === 0 || best[place] !== best[place - 1]);
  return { x: places.map((place) => x[place]!), best: places.map((place) => best[place]!) };
}

function inOrder(trials: Map<number, TrialRow>): TrialRow[] {
  return [...trials.values()].sort((a, b) => whenMade(a) - whenMade(b));
}

/** Return the trial that a key selects; undefined where the key is none of ours. */
function step(context: Context, key: string): number | null | undefined {
  return stepped(inOrder(context.store.trials).map((trial) => trial.id), context.selected(), key);
}

/** Return which of the trials, in the order of a picture, a key selects next to the selected one; undefined where the key is none of ours. */
export function stepped(ids: number[], now: number | null, key: string): number | null | undefined {
  if (key === "Escape") return null;
  if (ids.length === 0) return undefined;
  const at = now === null ? -1 : ids.indexOf(now);
  if (key === "ArrowRight") return ids[Math.min(at + 1, ids.length - 1)];
  if (key === "ArrowLeft") return ids[at <= 0 ? (now === null ? ids.length - 1 : 0) : at - 1];
  if (key === "Home") return ids[0];
  if (key === "End") return ids[ids.length - 1];
  return undefined;
}
