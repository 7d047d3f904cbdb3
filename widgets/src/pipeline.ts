// The Pipeline tab: the steps of the selected trial, or of the best, under the names of their stages.
import type { Context, Part } from "./context";
import { breakable, element, setShown } from "./dom";
import * as format from "./format";
import { glyph } from "./marks";
import type { PipelineStep, Stage, TrialRow } from "./protocol";

const STAGES: Stage[] = ["data preparation", "feature engineering", "model", "evaluation"];
const ASK_AGAIN = 3000; // ms after which an unanswered question is repeated

export function makePipeline(context: Context): Part {
  const title = element("p", { class: "am-caption" });
  const stages = element("ol", { class: "am-stages", "aria-label": "Stages of the pipeline" });
  const empty = element("p", { class: "am-empty" }, "No trial is done yet. The best pipeline stands here as soon as there is one.");
  const root = element("div", { class: "am-pipeline" }, title, empty, stages);
  let drawn = "";
  let asked = { trial: -1, state: "", at: 0 };

  /** Ask the kernel for the steps, again when the trial has changed, or when no answer has come. */
  const ask = (trial: TrialRow) => {
    if (trial.id < 0) return; // an ensemble has no steps of its own
    const state = `${trial.state} ${trial.folds}`;
    const answered = context.store.pipelines.has(trial.id);
    const same = asked.trial === trial.id && asked.state === state;
    if (same && (answered || Date.now() - asked.at < ASK_AGAIN)) return;
    asked = { trial: trial.id, state, at: Date.now() };
    context.send({ kind: "describe", trial: trial.id });
  };
  return {
    element: root,
    update() {
      const { store } = context;
      const wanted = context.selected() ?? store.status?.best ?? null;
      const trial = wanted === null ? undefined : store.trials.get(wanted);
      setShown(empty, trial === undefined);
      for (const part of [title, stages]) setShown(part, trial !== undefined);
      if (trial === undefined) return;
      ask(trial);
      const steps = store.pipelines.get(trial.id)?.steps ?? known(trial, context);
      const is = context.selected() === null ? "the best so far" : trial.id === store.status?.best ? "selected, the best so far" : "selected";
      const now = JSON.stringify([trial.id, trial.model, is, steps]);
      if (now === drawn) return;
      drawn = now;
      title.replaceChildren(glyph(store.place(trial.model)), ` ${format.trialName(trial)} (${is})`);
      stages.replaceChildren(...STAGES.map((stage) => column(stage, steps.filter((step) => step.stage === stage))));
    },
  };
}

/** Return what can be told without the kernel. */
export function known(trial: TrialRow, context: Context): PipelineStep[] {
  const said = Object.entries(trial.params).map(([label, value]) => `${format.shortLabel(label, trial.model)} ${format.value(value)}`);
  const score = trial.score === null ? (trial.reason ?? trial.state) : format.score(trial.score);
  return [
    { stage: "model", name: trial.model, text: said.join(", ") || "no parameters" },
    { stage: "evaluation", name: context.store.about?.metric ?? "score", text: `${score}, ${trial.folds} of ${trial.of} folds` },
  ];
}

function column(stage: Stage, steps: PipelineStep[]): HTMLElement {
  const boxes = steps.map((step) => element("li", { class: "am-step" }, element("strong", {}, ...breakable(step.name)), step.text ? element("span", {}, step.text) : null));
  const list = boxes.length ? element("ol", { class: "am-steps" }, ...boxes) : element("p", { class: "am-muted" }, "nothing");
  return element("li", { class: "am-stage" }, element("p", { class: "am-stage-name" }, stage), list);
}
