// The table behind the chart, made only while it is open.
import type { Context, Part } from "./context";
import { element, setShown, setText } from "./dom";
import * as format from "./format";
import type { TrialRow } from "./protocol";
import { whenMade } from "./ranking";

const SHOWN = 100;
const BETWEEN = 1000; // ms between two renewals

export function makeTrialTable(context: Context): Part {
  const body = element("tbody");
  const more = element("button", { type: "button", class: "am-small", hidden: true });
  const heads = ["trial", "model", "score", "spread", "state"].map((text) => element("th", { scope: "col" }, text));
  const table = element("table", { class: "am-table" }, element("thead", {}, element("tr", {}, ...heads)), body);
  const scroll = element("div", { class: "am-scroll", tabindex: 0, role: "region", "aria-label": "All trials" }, table);
  const root = element("details", { class: "am-behind" }, element("summary", {}, "Show as table"), scroll, more);
  let all = false;
  let drawn = { at: 0, revision: -1 };

  const update = () => {
    const revision = context.store.revision.trial;
    if (!root.open || drawn.revision === revision || Date.now() - drawn.at < BETWEEN) return;
    drawn = { at: Date.now(), revision };
    const newest = [...context.store.trials.values()].sort((a, b) => whenMade(b) - whenMade(a));
    setText(heads[2]!, context.store.about?.metric ?? "score");
    body.replaceChildren(...(all ? newest : newest.slice(0, SHOWN)).map((trial) => line(trial, context)));
    setShown(more, !all && newest.length > SHOWN);
    setText(more, `Show all ${newest.length}`);
  };
  const renew = () => {
    drawn = { at: 0, revision: -1 };
    update();
  };
  root.addEventListener("toggle", renew);
  more.addEventListener("click", () => {
    all = true;
    renew();
  });
  return { element: root, update };
}

function line(trial: TrialRow, context: Context): HTMLElement {
  const pick = element("button", { type: "button", class: "am-link", "aria-label": format.trialName(trial) }, format.trialNumber(trial));
  pick.addEventListener("click", () => context.select(trial.id));
  const cells = [trial.model, format.score(trial.score), format.score(trial.spread), trial.state === "paused" ? `paused, rung ${trial.rung} of ${trial.rungs}` : trial.state];
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, pick),
    ...cells.map((text, column) => element("td", { class: column === 1 || column === 2 ? "am-number" : null }, text)),
  );
}
