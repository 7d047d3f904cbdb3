// The tabs behind More, in a whole panel.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { logLines } from "./logLines";
import { clock } from "./log";
import type { Row } from "./protocol";
import { about, choice, FakeModel, note, parameter, status, trial } from "./samples";
import { Store } from "./store";

// jsdom has no canvas: pictures are looked at in a real browser.
vi.mock("./chart", () => ({ makeChart: () => ({ draw() {}, resize() {}, recolour() {}, at: () => null, close() {} }) }));
const { render } = await import("./panel");

const FRAME = 20;
let model: FakeModel;
let el: HTMLElement;
let close: () => void;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "requestAnimationFrame", "cancelAnimationFrame"] });
  Object.defineProperty(HTMLElement.prototype, "clientWidth", { configurable: true, get: () => 600 });
  HTMLCanvasElement.prototype.getContext = () => null;
  document.body.replaceChildren((el = document.createElement("div")));
  model = new FakeModel();
  close = render({ model, el });
});
afterEach(() => {
  close();
  vi.useRealTimers();
});

function push(...rows: Row[]): void {
  model.push(rows);
  vi.advanceTimersByTime(FRAME);
}
function open(name: string): HTMLElement {
  if (more().getAttribute("aria-expanded") === "false") more().click();
  tab(name).click();
  vi.advanceTimersByTime(FRAME);
  return el.querySelector<HTMLElement>(`#${tab(name).getAttribute("aria-controls")}`)!;
}
function choose(inside: HTMLElement, value: string): void {
  const list = inside.querySelector("select")!;
  list.value = value;
  list.dispatchEvent(new Event("change"));
  vi.advanceTimersByTime(FRAME);
}
const more = () => el.querySelector<HTMLElement>(".am-more-tabs")!;
const tabs = () => [...el.querySelectorAll<HTMLElement>("[role=tab]")];
const seen = () => tabs().filter((found) => !found.hidden).map((found) => found.textContent);
const tab = (name: string) => tabs().find((found) => found.textContent === name)!;
const press = (target: Element, key: string) => target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));

const SPACE = [
  choice("model", ["hist_gb", "linear"], { order: 0 }),
  parameter("hist_gb.learning_rate", { model: "hist_gb", order: 1 }),
  parameter("linear.C", { model: "linear", order: 2 }),
];
const linear = (id: number, score: number) => trial(id, score, { model: "linear", params: { "linear.C": 0.1 } });

describe("More", () => {
  it("reveals the further tabs in the same list, and hides them again but for the shown one", () => {
    expect(seen()).toEqual(["Curve", "Leaderboard", "Space"]);
    expect(more().closest("[role=tablist]")).toBeNull();
    more().click();
    expect(seen()).toEqual(["Curve", "Leaderboard", "Space", "Parallel coordinates", "Importance", "Columns", "Pipeline", "Log"]);
    tab("Pipeline").click();
    more().click();
    expect(seen()).toEqual(["Curve", "Leaderboard", "Space", "Pipeline"]);
    tab("Curve").click();
    expect(seen()).toEqual(["Curve", "Leaderboard", "Space"]);
  });

  it("lets the arrow keys go round the tabs that are seen", () => {
    press(tab("Curve"), "ArrowLeft");
    expect(document.activeElement).toBe(tab("Space"));
    more().click();
    press(tab("Space"), "ArrowRight");
    expect(document.activeElement).toBe(tab("Parallel coordinates"));
    press(tab("Parallel coordinates"), "End");
    expect(document.activeElement).toBe(tab("Log"));
    press(tab("Log"), "ArrowRight");
    expect(document.activeElement).toBe(tab("Curve"));
  });
});

describe("a selected trial", () => {
  it("is followed by every tab, wherever it was clicked", () => {
    push(about(), status({ best: 0 }), ...SPACE, trial(0, 0.9), linear(1, 0.8), trial(2, 0.7));
    tab("Leaderboard").click();
    [...el.querySelectorAll<HTMLElement>(".am-board tbody tr")][1]!.click();
    vi.advanceTimersByTime(FRAME);
    expect(el.querySelector(".am-details")!.textContent).toContain("Trial 1, linear");
    expect(el.querySelector(".am-board .am-selected")!.textContent).toContain("linear");
    expect(open("Pipeline").querySelector(".am-caption")!.textContent).toBe(" Trial 1, linear (selected)");
    expect(open("Parallel coordinates").querySelector("select")!.value).toBe("linear");
    const log = open("Log");
    expect(log.querySelectorAll(".am-selected")).toHaveLength(2);
    [...log.querySelectorAll<HTMLElement>("button")].find((found) => found.textContent!.startsWith("Trial 0, hist_gb: done"))!.click();
    vi.advanceTimersByTime(FRAME);
    expect(el.querySelector(".am-details")!.textContent).toContain("Trial 0, hist_gb");
    expect(open("Parallel coordinates").querySelector("select")!.value).toBe("hist_gb");
  });

  it("can be chosen in the table behind the parallel coordinates, by its number", () => {
    push(about(), status(), ...SPACE, trial(0, 0.9), trial(1, 0.8));
    const behind = open("Parallel coordinates").querySelector<HTMLDetailsElement>("details")!;
    behind.open = true;
    behind.dispatchEvent(new Event("toggle"));
    behind.querySelector<HTMLElement>("[data-trial='1']")!.click();
    vi.advanceTimersByTime(FRAME);
    expect(el.querySelector(".am-details")!.textContent).toContain("Trial 1");
  });
});

describe("the parallel coordinates", () => {
  const slider = (name: string) => el.querySelector<HTMLElement>(`[role=slider][aria-label="${name}"]`)!;
  const button = (name: string) => [...el.querySelectorAll("button")].find((found) => found.textContent === name)!;

  it("filter by a brush, and narrow the space to it", () => {
    const low = trial(1, 0.8, { params: { "hist_gb.learning_rate": 0.01 } });
    push(about({ models: ["hist_gb"] }), status(), ...SPACE.slice(1, 2), trial(0, 0.9), low);
    const panel = open("Parallel coordinates");
    expect(panel.textContent).toContain("2 trials with a score, the best 0.9000 (trial 0).");
    expect(button("Narrow to the brush").disabled).toBe(true);
    press(slider("learning_rate, brush from"), "PageUp");
    vi.advanceTimersByTime(FRAME);
    expect(panel.textContent).toContain("1 of 2 trials within the brush, the best 0.9000 (trial 0).");
    button("Narrow to the brush").click();
    expect(model.sent.at(-1)).toEqual({ kind: "narrow", label: "hist_gb.learning_rate", low: 0.0158, high: 1 });
    button("Clear the brushes").click();
    vi.advanceTimersByTime(FRAME);
    expect(panel.textContent).toContain("2 trials with a score");
  });

  it("keep a brush while trials come, and lose it with its axis", () => {
    push(about(), status({ best: 0 }), ...SPACE, trial(0, 0.9), linear(1, 0.8));
    const panel = open("Parallel coordinates");
    press(slider("learning_rate, brush from"), "PageUp");
    push(trial(2, 0.85));
    expect(panel.textContent).toContain("2 of 2 trials within the brush");
    choose(panel, "linear");
    expect(panel.textContent).toContain("1 trial with a score");
  });

  it("offer no narrowing when the run has ended", () => {
    push(about(), status({ state: "ended", best: 0 }), ...SPACE, trial(0, 0.9));
    open("Parallel coordinates");
    expect(button("Narrow to the brush").hidden).toBe(true);
  });
});

describe("the importance", () => {
  it("is a bar with name and number for each parameter, and a sentence", () => {
    const groups = [{ model: "hist_gb", trials: 40, values: [{ label: "hist_gb.learning_rate", share: 0.7 }, { label: "rare", share: 0.3 }] }];
    push(about(), status({ best: 0 }), ...SPACE, trial(0, 0.9), { kind: "importance", trials: 40, groups });
    const panel = open("Importance");
    expect([...panel.querySelectorAll(".am-shares li")].map((item) => item.textContent)).toEqual(["learning_rate70 %", "rare30 %"]);
    expect(panel.textContent).toContain("Among the 40 done trials of hist_gb, learning_rate mattered most (70 %), then rare (30 %).");
  });

  it("says that there are too few trials to tell", () => {
    push(about(), status({ best: 0 }), ...SPACE, trial(0, 0.9), linear(1, 0.7));
    expect(open("Importance").textContent).toContain("Too few to tell: 1 of the 20 done trials of hist_gb that it takes.");
  });
});

describe("the columns", () => {
  const worth = (names: string[], loss: number, half: number | null, inside = false) => ({ columns: names, loss, low: half === null ? null : loss - half, high: half === null ? null : loss + half, inside });
  const row = (values: ReturnType<typeof worth>[]) => ({ kind: "columns" as const, folds: 5, repeats: 2, rows: 500, of: values.filter((one) => one.columns.length === 1).length, values });
  const cells = (panel: HTMLElement) => [...panel.querySelectorAll(".am-columns tbody tr")].map((line) => [...line.children].map((cell) => cell.textContent));
  const found = row([worth(["age", "year"], 0.25, 0.05), worth(["age"], 0.02, 0.01, true), worth(["year"], 0.01, 0.02, true), worth(["sex"], 0.1, 0.02), worth(["noise"], -0.001, 0.004)]);

  it("are a table with a bar and its interval for each, groups before their columns, and a sentence", () => {
    push(about({ metric: "ROC AUC" }), status({ state: "ended", best: 0 }), trial(0, 0.9), found);
    const panel = open("Columns");
    expect(cells(panel)[0]).toEqual(["age + year together", "", "0.250", "0.200 to 0.300"]);
    expect(cells(panel).map((line) => line[0]).slice(1)).toEqual(["age alone", "year alone", "sex", "noise"]);
    expect(cells(panel)[4]!.slice(2)).toEqual(["−0.001", "−0.005 to 0.003"]);
    expect(panel.textContent).toContain("The result needs age and year together most (ROC AUC loses 0.2500), then sex (0.1000). 3 columns of 4 cost more than chance");
    expect(panel.textContent).toContain("5 folds, 2 shuffles each, 500 rows");
    const [fill, whisker] = [".am-worth-fill", ".am-worth-whisker"].map((name) => panel.querySelector<HTMLElement>(name)!.style);
    expect(parseFloat(whisker!.left)).toBeGreaterThan(parseFloat(fill!.left));
    expect(parseFloat(whisker!.left) + parseFloat(whisker!.width)).toBeCloseTo(100);
  });

  it("of a large group are counted, not all named", () => {
    push(about(), status({ state: "ended", best: 0 }), row([worth([..."abcdefg"], 0.5, 0.1)]));
    const panel = open("Columns");
    expect(cells(panel)[0]![0]).toBe("a + b + c + d + 3 more together");
    expect(panel.textContent).toContain("The result needs a, b, c, d and 3 more together most");
  });

  it("beyond the first 15 are shown on demand", () => {
    push(about(), status({ state: "ended", best: 0 }), row(Array.from({ length: 18 }, (_, at) => worth([`x${at}`], 1 - at / 100, 0.1))));
    const panel = open("Columns");
    expect(cells(panel)).toHaveLength(15);
    panel.querySelector("button")!.click();
    expect(cells(panel)).toHaveLength(18);
    expect(panel.querySelector("button")!.getAttribute("aria-expanded")).toBe("true");
  });

  it("are not told before the run has ended, nor where nothing was measured, nor of noise", () => {
    push(about(), status());
    expect(open("Columns").textContent).toContain("It is measured when the search ends");
    push(status({ state: "ended", best: 0 }));
    expect(open("Columns").textContent).toContain("was not measured");
    push(row([worth(["a"], 0.01, 0.02), worth(["b"], -0.01, null)]));
    expect(open("Columns").textContent).toContain("No column stands out");
    expect(open("Columns").querySelectorAll(".am-worth-whisker")).toHaveLength(1);
  });
});

describe("what acts together", () => {
  const narrowing = { label: "hist_gb.learning_rate", low: 0.05, high: 0.4, options: [], kept: 0.9, cut: 0.55, code: 'space.narrow("hist_gb.learning_rate", 0.05, 0.4)' };
  const found = (changes = {}) => ({
    kind: "insight" as const, trials: 40, groups: [{
      model: "hist_gb", trials: 40, parameters: 20, told: 0.97, narrowings: [narrowing], pairs: [{ one: "hist_gb.learning_rate", other: "hist_gb.leaves", share: 0.83 }],
      matter: [{ label: "hist_gb.learning_rate", share: 1 }, { label: "hist_gb.leaves", share: 0.9 }], ...changes,
    }],
  });
  const told = (state: "running" | "ended" = "running") => {
    push(about(), status({ state, best: 0 }), ...SPACE, ...done(0, 40));
    const panel = open("Importance");
    push(found());
    return panel;
  };
  const done = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => trial(from + at, 0.9));
  const asked = () => model.sent.filter((message) => message.kind === "insight").length;

  it("is asked for when it is looked at, and again when a quarter more has been done", () => {
    push(about(), status({ best: 0 }), ...SPACE, ...done(0, 39));
    open("Importance");
    expect(asked()).toBe(0);
    push(...done(39, 40));
    push(...done(40, 41));
    expect(asked()).toBe(1);
    push(found());
    push(...done(41, 49));
    expect(asked()).toBe(1);
    push(...done(49, 50));
    expect(asked()).toBe(2);
    vi.advanceTimersByTime(11_000); // no answer came
    push(status({ best: 0 }));
    expect(asked()).toBe(3);
    push({ ...found(), trials: 50 }, status({ best: 0, state: "ended" }));
    push(status({ best: 0, state: "ended" }));
    expect(asked()).toBe(3);
  });

  it("is a sentence, and a bar with both names and the number", () => {
    const panel = told();
    expect(panel.textContent).toContain("2 of 20 parameters matter: learning_rate and leaves. This tells 97 % of how");
    expect([...panel.querySelectorAll(".am-insight .am-shares li")].map((item) => item.textContent)).toEqual(["learning_rate × leaves83 %"]);
  });

  it("claims no pair where there is none", () => {
    const panel = told();
    push(found({ pairs: [], narrowings: [] }));
    expect(panel.textContent).toContain("No interaction stands out from chance.");
    expect(panel.querySelector<HTMLElement>(".am-narrower")!.hidden).toBe(true);
  });

  it("narrows as a slider does, and goes when the space has become narrower", () => {
    const panel = told();
    const narrow = panel.querySelector<HTMLButtonElement>(".am-proposals button")!;
    expect(narrow.getAttribute("aria-label")).toBe("Narrow learning_rate to 0.05 to 0.4");
    narrow.focus();
    narrow.click();
    narrow.click();
    expect(model.sent.filter((message) => message.kind === "narrow")).toEqual([{ kind: "narrow", label: "hist_gb.learning_rate", low: 0.05, high: 0.4 }]);
    expect(narrow.getAttribute("aria-disabled")).toBe("true");
    vi.advanceTimersByTime(5000);
    expect(narrow.getAttribute("aria-disabled")).toBeNull();
    expect(panel.textContent).toContain("Not changed: the kernel refused it or has not answered yet.");
    push({ ...SPACE.find((row) => row.kind === "parameter" && row.label === "hist_gb.learning_rate")!, low: 0.05, high: 0.4 } as never);
    expect(panel.querySelector<HTMLElement>(".am-narrower")!.hidden).toBe(true);
    expect(document.activeElement).toBe(panel.querySelector(".am-insight")); // not lost to the page
  });

  it("is code to copy when the run has ended", () => {
    const panel = told("ended");
    expect(panel.querySelector(".am-proposals button")).toBeNull();
    expect(panel.querySelector<HTMLTextAreaElement>(".am-narrower textarea")!.value).toBe(narrowing.code);
  });
});

describe("the pipeline", () => {
  it("asks for the steps of the best, and draws them under their stages", () => {
    push(about(), status({ best: 0 }), trial(0, 0.9));
    const panel = open("Pipeline");
    expect(model.sent.filter((message) => message.kind === "describe")).toEqual([{ kind: "describe", trial: 0 }]);
    expect(panel.textContent).toContain("learning_rate 0.1");
    push({ kind: "pipeline", trial: 0, steps: [{ stage: "data preparation", name: "SimpleImputer", text: "fills gaps" }, { stage: "model", name: "HGB", text: "" }] });
    expect([...panel.querySelectorAll(".am-stage")].map((stage) => stage.textContent)).toEqual([
      "data preparationSimpleImputerfills gaps", "feature engineeringnothing", "modelHGB", "evaluationnothing",
    ]);
    vi.advanceTimersByTime(10_000);
    push(status({ best: 0, done: 9 }));
    expect(model.sent.filter((message) => message.kind === "describe")).toHaveLength(1);
  });

  it("asks again when the trial has gone on, or when no answer came", () => {
    push(about(), status(), trial(0, 0.9, { state: "running", folds: 1 }));
    el.querySelector(".am-chart")!.dispatchEvent(new KeyboardEvent("keydown", { key: "End", bubbles: true }));
    open("Pipeline");
    const asked = () => model.sent.filter((message) => message.kind === "describe").length;
    expect(asked()).toBe(1);
    push(status({ done: 5 }));
    expect(asked()).toBe(1);
    vi.advanceTimersByTime(3100);
    push(status({ done: 6 }));
    expect(asked()).toBe(2);
    push(trial(0, 0.9, { folds: 5 }));
    expect(asked()).toBe(3);
  });
});

describe("the log", () => {
  const rows = [
    about(), trial(0, 0.9, { started: 1, ended: 5 }), trial(1, null, { state: "failed", reason: "ValueError: no", started: 2, ended: 3 }),
    trial(2, 0.5, { state: "running", started: 4, ended: null }), note(0, "5 folds."), note(1, "you: x narrowed", { edit: true, who: "you", at: 3.5 }),
  ];

  it("tells starts, ends with score or reason, edits and notes, the newest first", () => {
    const store = new Store();
    store.apply({ rows, seq: 1 });
    expect(logLines(store).map((line) => [line.at, line.kind, line.text])).toEqual([
      [5, "trial", "Trial 0, hist_gb: done, ROC AUC 0.9000 in 1.00 s"],
      [4, "trial", "Trial 2, hist_gb: started, proposed by tpe"],
      [3.5, "steering", "you: x narrowed"],
      [3, "failed", "Trial 1, hist_gb: failed in 1.00 s (ValueError: no)"],
      [2, "trial", "Trial 1, hist_gb: started, proposed by tpe"],
      [1, "trial", "Trial 0, hist_gb: started, proposed by tpe"],
      [0, "note", "5 folds."],
    ]);
  });

  it("tells each promotion, and what paused between two of them in one line", () => {
    const turn = (pause: boolean, rung: number, at: number, score: number | null = null) => ({ pause, rung, at, score });
    const paused = (id: number, at: number, score: number) => trial(id, score, { state: "paused", rungs: 2, turns: [turn(true, 1, at, score)], ended: null });
    const store = new Store();
    const sent = trial(1, 0.8, { rung: 2, rungs: 2, turns: [turn(true, 1, 4, 0.7), turn(false, 2, 9)], started: 1, ended: 12 });
    store.apply({ rows: [about(), paused(0, 3, 0.6), sent, paused(2, 5, 0.5), paused(3, 10, 0.55)], seq: 1 });
    expect(logLines(store).map((line) => [line.at, line.text]).filter(([, text]) => !/started/.test(String(text)))).toEqual([
      [12, "Trial 1, hist_gb: done, ROC AUC 0.8000 in 1.00 s"],
      [10, "Trial 3, hist_gb: paused at rung 1 of 2, ROC AUC 0.5500"],
      [9, "Trial 1, hist_gb: sent on to rung 2 of 2"],
      [5, "3 trials paused at rung 1 of 2: 0 to 2; the best is trial 1, ROC AUC 0.7000"],
    ]);
  });

  it("tells in one line what was left on a rung at the end", () => {
    const left = { state: "pruned" as const, rungs: 2, turns: [{ pause: true, rung: 1, at: 2, score: 0.5 }], ended: 20 };
    const reason = "paused at rung 1 of 2: not among the best third";
    const store = new Store();
    store.apply({ rows: [about(), ...[0, 1, 5].map((id) => trial(id, 0.5, { ...left, reason })), trial(6, 0.5, { state: "pruned", reason: "after 1 fold", ended: 7 })], seq: 1 });
    const failed = logLines(store).filter((line) => line.kind === "failed").map((line) => line.text);
    expect(failed).toEqual([`3 trials: not sent on, ${reason}`, "Trial 6, hist_gb: pruned, ROC AUC 0.5000 in 1.00 s (after 1 fold)"]);
  });

  it("is filtered by kind", () => {
    push(...rows, status());
    const panel = open("Log");
    expect(panel.querySelectorAll(".am-log li")).toHaveLength(7);
    choose(panel, "failed");
    expect([...panel.querySelectorAll(".am-log li")].map((item) => item.textContent)).toEqual(["3.0 sTrial 1, hist_gb: failed in 1.00 s (ValueError: no)"]);
    choose(panel, "steering");
    expect(panel.querySelectorAll(".am-log li")).toHaveLength(1);
    choose(panel, "all");
    expect(panel.querySelectorAll(".am-log li")).toHaveLength(7);
  });

  it("keeps the focus on a line while new ones come in", () => {
    push(...rows, status());
    const panel = open("Log");
    const line = panel.querySelectorAll<HTMLElement>(".am-log button")[1]!;
    line.focus();
    push(trial(3, 0.7, { started: 9, ended: 10 }));
    expect(document.activeElement).toBe(line);
    expect(panel.querySelectorAll(".am-log li")).toHaveLength(9);
  });

  it("shows a hundred lines, and more on demand", () => {
    push(about(), status(), ...Array.from({ length: 120 }, (_, id) => trial(id, 0.5)));
    const panel = open("Log");
    expect(panel.querySelectorAll(".am-log li")).toHaveLength(100);
    [...panel.querySelectorAll("button")].find((found) => found.textContent === "Show 100 more")!.click();
    expect(panel.querySelectorAll(".am-log li")).toHaveLength(200);
  });

  it("puts the lines of the selected trial on top where they are old", () => {
    push(about(), status(), ...Array.from({ length: 120 }, (_, id) => trial(id, 0.5)));
    const panel = open("Log");
    el.querySelector(".am-chart")!.dispatchEvent(new KeyboardEvent("keydown", { key: "Home", bubbles: true }));
    vi.advanceTimersByTime(FRAME);
    expect([...panel.querySelectorAll(".am-log li")].slice(0, 2).map((item) => item.className.includes("am-selected"))).toEqual([true, true]);
    expect(panel.querySelectorAll(".am-log li")).toHaveLength(102);
  });

  it("says what the run is", () => {
    push(about({ repeatable: "yes, with this seed" }), status());
    expect(open("Log").querySelector(".am-about")!.textContent).toContain("Repeatableyes, with this seed");
  });

  it("writes times as a clock does", () => {
    expect([0, 4.24, 125, 3725].map(clock)).toEqual(["0.0 s", "4.2 s", "2:05", "1:02:05"]);
  });
});

describe("what comes from the run", () => {
  it("reaches the further tabs as text alone", () => {
    const evil = "<img src=x onerror=alert(1)>";
    push(about({ title: evil, models: [evil, "b"] }), status({ best: 0 }), parameter(evil, { order: 1 }), choice("other", [evil, "b"], { order: 2 }),
      trial(0, 0.8, { model: evil, reason: evil, params: { [evil]: 0.1, other: evil } }), trial(1, 0.8, { model: "b" }), note(0, evil),
      { kind: "importance", trials: 40, groups: [{ model: evil, trials: 40, values: [{ label: evil, share: 1 }] }] },
      { kind: "columns", folds: 1, repeats: 1, rows: 1, of: 1, values: [{ columns: [evil], loss: 1, low: null, high: null, inside: false }] },
      { kind: "pipeline", trial: 0, steps: [{ stage: "model", name: evil, text: evil }] });
    for (const name of ["Parallel coordinates", "Importance", "Columns", "Pipeline", "Log"]) expect(open(name).textContent).toContain(evil);
    expect(el.querySelector("img")).toBeNull();
  });
});
