// The table behind a picture of networks: made only while it is open, renewed once a second at most.
import type { Context, Part } from "./context";
import { element } from "./dom";
import * as format from "./format";
import type { TrialRow } from "./protocol";

const BETWEEN = 1000; // ms between two renewals
const LONG = 24; // letters of a cell that is broken into lines

export interface Head {
  text: string;
  isNumber?: boolean;
}

/** A line of the table: the trial that it is about, or its own name, and the cells after that. */
export interface Line {
  trial?: TrialRow;
  name?: string;
  cells: string[];
}

/** Make the table; `key` differs where `lines` does. */
export function makeBehind(context: Context, label: string, heads: () => Head[], lines: () => Line[], key: () => string): Part {
  const head = element("tr");
  const body = element("tbody");
  const table = element("table", { class: "am-table" }, element("thead", {}, head), body);
  const scroll = element("div", { class: "am-scroll", tabindex: 0, role: "region", "aria-label": label }, table);
  const root = element("details", { class: "am-behind" }, element("summary", {}, "Show as table"), scroll);
  let drawn = { key: "", chosen: -1, at: 0 };

  const update = () => {
    if (!root.open) return;
    const [now, chosen] = [key(), context.selected() ?? -1];
    if (chosen === drawn.chosen && (now === drawn.key || Date.now() - drawn.at < BETWEEN)) return;
    drawn = { key: now, chosen, at: Date.now() };
    const columns = heads();
    head.replaceChildren(...columns.map(({ text, isNumber }) => element("th", { scope: "col", class: isNumber ? "am-number" : null }, text)));
    const focused = body.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.trial : undefined;
    body.replaceChildren(...lines().map((one) => row(one, columns, context)));
    if (focused !== undefined) body.querySelector<HTMLElement>(`[data-trial="${focused}"]`)?.focus();
  };
  root.addEventListener("toggle", () => {
    drawn = { key: "", chosen: -1, at: 0 };
    update();
  });
  return { element: root, update };
}

function row({ trial, name, cells }: Line, columns: Head[], context: Context): HTMLElement {
  const chosen = trial !== undefined && context.selected() === trial.id;
  const shown = cells.map((text, at) => element("td", { class: columns[at + 1]?.isNumber ? "am-number" : text.length > LONG ? "am-words" : null }, text));
  return element("tr", { class: chosen ? "am-selected" : null }, element("th", { scope: "row" }, trial === undefined ? (name ?? "") : pick(trial, chosen, context)), ...shown);
}

function pick(trial: TrialRow, chosen: boolean, context: Context): HTMLElement {
  const made = element("button", { type: "button", class: "am-link", "data-trial": trial.id, "aria-pressed": String(chosen), "aria-label": format.trialName(trial) }, format.trialNumber(trial));
  made.addEventListener("click", () => context.select(trial.id));
  return made;
}
