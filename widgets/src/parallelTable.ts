// The table behind the parallel coordinates: the trials within the brush, the best first, made only while it is open.
import type { Axis } from "./axes";
import { SCORE } from "./axes";
import type { Context, Part } from "./context";
import { element } from "./dom";
import * as format from "./format";
import { ranked } from "./ranking";
import type { TrialRow } from "./protocol";

const SHOWN = 50;
const BETWEEN = 1000; // ms between two renewals

export interface ParallelTable extends Part {
  show(axes: Axis[], trials: TrialRow[]): void;
}

export function makeParallelTable(context: Context): ParallelTable {
  const head = element("tr");
  const body = element("tbody");
  const table = element("table", { class: "am-table" }, element("thead", {}, head), body);
  const scroll = element("div", { class: "am-scroll", tabindex: 0, role: "region", "aria-label": "Trials within the brush" }, table);
  const note = element("p", { class: "am-hint" });
  const root = element("details", { class: "am-behind" }, element("summary", {}, "Show as table"), scroll, note);
  let [axes, trials]: [Axis[], TrialRow[]] = [[], []];
  let drawn = { key: "", at: 0 };

  const update = () => {
    if (!root.open) return;
    const key = [context.store.revision.trial, trials.length, axes.map((axis) => axis.label), context.selected()].join();
    if (key === drawn.key || (Date.now() - drawn.at < BETWEEN && trials.length > SHOWN)) return;
    drawn = { key, at: Date.now() };
    const shown = ranked(trials, context.store.about?.better ?? "higher").slice(0, SHOWN);
    head.replaceChildren(...["trial", ...axes.map((axis) => axis.name)].map((text) => element("th", { scope: "col" }, text)));
    const focused = body.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.trial : undefined;
    body.replaceChildren(...shown.map((trial) => line(trial, axes, context)));
    if (focused !== undefined) body.querySelector<HTMLElement>(`[data-trial="${focused}"]`)?.focus();
    note.textContent = trials.length > SHOWN ? `The best ${SHOWN} of ${trials.length}.` : "";
  };
  root.addEventListener("toggle", () => {
    drawn = { key: "", at: 0 };
    update();
  });
  return {
    element: root,
    update,
    show(nextAxes, nextTrials) {
      [axes, trials] = [nextAxes, nextTrials];
    },
  };
}

function line(trial: TrialRow, axes: Axis[], context: Context): HTMLElement {
  const chosen = context.selected() === trial.id;
  const pick = element("button", { type: "button", class: "am-link", "data-trial": trial.id, "aria-pressed": String(chosen), "aria-label": `Trial ${trial.id}` }, String(trial.id));
  pick.addEventListener("click", () => context.select(trial.id));
  const cells = axes.map((axis) => element("td", { class: "am-number" }, text(axis, trial)));
  return element("tr", { class: chosen ? "am-selected" : null }, element("th", { scope: "row" }, pick), ...cells);
}

function text(axis: Axis, trial: TrialRow): string {
  if (axis.label === SCORE) return format.score(trial.score);
  if (axis.label === "model") return trial.model;
  return axis.label in trial.params ? format.value(trial.params[axis.label]!) : "not used";
}
