// The leaderboard: the best trials first, the rest on demand.
import { lookOf, swatch } from "./families";
import { make, parametersOf, setText, short } from "./format";
import type { TrialRow } from "./protocol";
import type { Store } from "./store";
import { isDark } from "./theme";

const TOP = 10;

export function board(store: Store): { root: HTMLElement; update: () => void } {
  const body = make("tbody");
  const scoreHead = make("th", { scope: "col" }, "score");
  const head = make("tr", {},
    make("th", { scope: "col" }, "#"), make("th", { scope: "col" }, "model"), scoreHead,
    make("th", { scope: "col" }, "±"), make("th", { scope: "col" }, "seconds"), make("th", { scope: "col" }, "state"),
    make("th", { scope: "col" }, "origin"), make("th", { scope: "col" }, "parameters"));
  const table = make("table", { class: "am-table" }, make("caption", { class: "am-spoken" }, "Trials, the best first"), make("thead", {}, head), body);
  const more = make("button", { type: "button", class: "am-button am-more" }, "Show all");
  const root = make("div", { class: "am-board" }, make("div", { class: "am-scroll" }, table), more);
  let all = false;
  more.addEventListener("click", () => {
    all = !all;
    update();
  });

  function row(trial: TrialRow, place: number, dark: boolean): HTMLTableRowElement {
    const look = lookOf(store.about?.models ?? [], trial.model, dark);
    const name = make("button", { type: "button", class: "am-pick" }, swatch(look), trial.model + (trial.origin === "baseline" ? " (baseline)" : ""));
    name.addEventListener("click", () => store.select(trial.id));
    const cells = [String(place), name, short(trial.score), short(trial.spread), trial.seconds.toFixed(1),
      trial.state === "running" ? `${trial.folds} of ${trial.of} folds` : trial.state, trial.origin === "you" ? "★ you" : trial.origin, parametersOf(trial)];
    const element = make("tr", store.selected === trial.id ? { class: "am-selected" } : {}, ...cells.map((cell) => make("td", {}, cell)));
    if (trial.reason) element.title = trial.reason;
    return element;
  }

  function update(): void {
    const ranked = store.ranked();
    const shown = all ? ranked : ranked.slice(0, TOP);
    const dark = isDark(root);
    setText(scoreHead, store.about ? store.about.metric : "score");
    const focused = body.contains(document.activeElement) ? [...body.querySelectorAll("button")].indexOf(document.activeElement as HTMLButtonElement) : -1;
    body.replaceChildren(...shown.map((trial, place) => row(trial, place + 1, dark)));
    if (focused >= 0) body.querySelectorAll("button")[focused]?.focus();
    more.hidden = ranked.length <= TOP;
    setText(more, all ? `Show the top ${TOP}` : `Show all ${ranked.length}`);
  }
  return { root, update };
}
