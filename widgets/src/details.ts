// The selected trial in words.
import type { Context, Part } from "./context";
import { element, setShown } from "./dom";
import * as format from "./format";
import { ENSEMBLE, glyph } from "./marks";
import { makePlant } from "./plant";
import type { TrialRow } from "./protocol";

export function makeDetails(context: Context): Part {
  const root = element("section", { class: "am-details", "aria-label": "Selected trial", hidden: true });
  const told = element("div", { "aria-live": "polite" });
  const plant = makePlant(context);
  root.append(told, plant.element);
  let drawn = "";
  return {
    element: root,
    update() {
      const selected = context.selected();
      const trial = selected === null ? undefined : context.store.trials.get(selected);
      setShown(root, trial !== undefined);
      plant.update();
      const now = trial === undefined ? "" : JSON.stringify([trial, context.store.status?.state === "ended"]);
      if (now === drawn) return;
      drawn = now;
      if (trial === undefined) told.replaceChildren();
      else told.replaceChildren(head(trial, context), ...reason(trial), parameters(trial));
    },
  };
}

function head(trial: TrialRow, context: Context): HTMLElement {
  const metric = context.store.about?.metric ?? "score";
  const spread = trial.spread === null || trial.folds < 2 ? "" : ` ± ${format.score(trial.spread)}`;
  const folds = trial.folds < trial.of ? `, ${trial.folds} of ${trial.of} folds` : "";
  const said = [
    trial.score === null ? trial.state : `${metric} ${format.score(trial.score)}${spread}${folds}`,
    trial.score === null ? "" : trial.state,
    trial.rungs > 1 && trial.state !== "paused" ? `rung ${trial.rung} of ${trial.rungs}` : "",
    `${format.seconds(trial.seconds)} s`,
    trial.costs,
    trial.origin === ENSEMBLE ? "" : `proposed by ${trial.origin}`,
  ].filter(Boolean);
  const name = element("strong", {}, format.trialName(trial));
  const made = element("p", { class: "am-details-head" }, name, element("span", {}, said.join(" · ")));
  made.prepend(glyph(context.store.place(trial.model)));
  if ((trial.state === "running" || trial.state === "paused") && context.store.status?.state !== "ended") {
    const skip = element("button", { type: "button", class: "am-small" }, "Skip this trial");
    skip.addEventListener("click", () => {
      skip.disabled = true;
      context.send({ kind: "skip", trial: trial.id });
    });
    made.append(skip);
  }
  return made;
}

function reason(trial: TrialRow): HTMLElement[] {
  return trial.reason === null ? [] : [element("p", { class: "am-reason" }, trial.reason)];
}

function parameters(trial: TrialRow): HTMLElement {
  const entries = Object.entries(trial.params);
  if (entries.length === 0) return element("p", { class: "am-muted" }, "No parameters.");
  const list = element("dl", { class: "am-parameters" });
  for (const [label, value] of entries) {
    const name = element("dt", {}, format.shortLabel(label, trial.model));
    list.append(element("div", {}, name, element("dd", {}, format.value(value))));
  }
  return list;
}
