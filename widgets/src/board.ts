// The Leaderboard tab: the best trials, rows kept by trial so that focus and open parameters stay where they are.
import type { Context, Part } from "./context";
import { element, setShown, setText } from "./dom";
import * as format from "./format";
import { ENSEMBLE, glyph, starGlyph, YOU } from "./marks";
import { ranked } from "./ranking";
import type { TrialRow } from "./protocol";

const TOP = 10;
const FIRST = 3; // parameters that the closed summary names

interface Line {
  row: HTMLTableRowElement;
  update(trial: TrialRow, place: number, best: boolean, family: number, selected: boolean): void;
}

export function makeBoard(context: Context): Part {
  const body = element("tbody");
  const scoreHead = element("th", { scope: "col", class: "am-number" });
  const heads = [
    element("th", { scope: "col", class: "am-number" }, "#"),
    element("th", { scope: "col", class: "am-number am-wide" }, "Trial"),
    element("th", { scope: "col" }, "Model"),
    scoreHead,
    element("th", { scope: "col", class: "am-number am-wide" }, "Seconds"),
    element("th", { scope: "col" }, "State"),
    element("th", { scope: "col", class: "am-wide" }, "Origin"),
    element("th", { scope: "col" }, "Parameters"),
  ];
  const table = element("table", { class: "am-table am-board" }, element("thead", {}, element("tr", {}, ...heads)), body);
  const scroll = element("div", { class: "am-scroll", tabindex: 0, role: "region", "aria-label": "Leaderboard" }, table);
  const empty = element("p", { class: "am-empty" }, "The first trials are on their way.");
  const more = element("button", { type: "button", class: "am-small" });
  const root = element("div", {}, empty, scroll, more);
  const lines = new Map<number, Line>();
  let all = false;
  let drawn = "";

  const update = () => {
    const { store } = context;
    const now = [store.revision.trial, store.revision.about, store.status?.best, context.selected(), all].join();
    if (now === drawn) return;
    drawn = now;
    const about = store.about;
    const order = ranked(store.trials.values(), about?.better ?? "higher");
    setShown(empty, order.length === 0);
    setShown(scroll, order.length > 0);
    setText(scoreHead, (about?.metric ?? "Score") + (about?.better === "lower" ? " (lower is better)" : ""));
    const shown = all ? order : order.slice(0, TOP);
    shown.forEach((trial, place) => {
      const line = lines.get(trial.id) ?? makeLine(trial, context);
      lines.set(trial.id, line);
      line.update(trial, place + 1, trial.id === store.status?.best, store.place(trial.model), trial.id === context.selected());
      if (body.children[place] !== line.row) body.insertBefore(line.row, body.children[place] ?? null);
    });
    while (body.children.length > shown.length) body.lastElementChild!.remove();
    setShown(more, order.length > TOP);
    setText(more, all ? `Show the top ${TOP}` : `Show all ${order.length}`);
  };
  more.addEventListener("click", () => {
    all = !all;
    update();
  });
  return { element: root, update };
}

function makeLine(first: TrialRow, context: Context): Line {
  const place = element("td", { class: "am-number" });
  const pick = element("button", { type: "button", class: "am-link" });
  const model = element("th", { scope: "row", class: "am-model" }, pick);
  const score = element("td", { class: "am-number" });
  const seconds = element("td", { class: "am-number am-wide" });
  const state = element("td", {});
  const origin = element("td", { class: "am-wide" });
  const parameters = element("td", { class: "am-parameters-cell" }, parametersOf(first));
  const number = element("td", { class: "am-number am-wide" }, first.id < 0 ? "–" : String(first.id));
  const row = element("tr", {}, place, number, model, score, seconds, state, origin, parameters);
  let drawnFamily = -2;
  row.addEventListener("click", (event) => {
    if (!(event.target as Element).closest("summary")) context.select(first.id);
  });
  return {
    row,
    update(trial, at, best, family, selected) {
      setText(place, String(at));
      if (family !== drawnFamily) {
        drawnFamily = family;
        const star = trial.origin === YOU ? element("span", { class: "am-you" }, starGlyph(), YOU) : null;
        pick.replaceChildren(glyph(family), ` ${trial.model}`, ...(star ? [" ", star] : []));
        pick.setAttribute("aria-label", `${trial.model}${trial.id < 0 ? "" : `, trial ${trial.id}`}${star ? `, by ${YOU}` : ""}`);
      }
      const mean = element("span", { class: "am-score" }, format.score(trial.score));
      const spread = trial.spread !== null && trial.folds > 1 ? element("span", { class: "am-muted" }, ` ± ${format.score(trial.spread)}`) : null;
      const text = (mean.textContent ?? "") + (spread?.textContent ?? "");
      if (score.textContent !== text) score.replaceChildren(mean, ...(spread ? [spread] : []));
      setText(seconds, format.seconds(trial.seconds));
      if (state.textContent !== stateText(trial) + reasonText(trial)) {
        const reason = reasonText(trial);
        state.replaceChildren(stateText(trial), ...(reason ? [element("span", { class: "am-why" }, reason)] : []));
      }
      setText(origin, trial.origin);
      pick.setAttribute("aria-pressed", String(selected));
      row.classList.toggle("am-selected", selected);
      row.classList.toggle("am-best", best);
      row.classList.toggle("am-faint", trial.state !== "done");
    },
  };
}

function stateText(trial: TrialRow): string {
  if (trial.state === "running") return `running, ${trial.folds} of ${trial.of} folds`;
  return trial.hidden && trial.origin !== ENSEMBLE ? `${trial.state}, to beat` : trial.state;
}

function reasonText(trial: TrialRow): string {
  return ["failed", "pruned", "paused"].includes(trial.state) ? (trial.reason ?? "") : "";
}

function parametersOf(trial: TrialRow): HTMLElement {
  const said = Object.entries(trial.params).map(
    ([label, value]) => `${format.shortLabel(label, trial.model)} ${format.value(value)}`,
  );
  if (said.length <= FIRST) return element("span", {}, said.join(", ") || "none");
  const summary = element("summary", {}, `${said.slice(0, FIRST).join(", ")} `, element("span", { class: "am-muted" }, `+${said.length - FIRST}`));
  return element("details", {}, summary, element("p", {}, said.slice(FIRST).join(", ")));
}
