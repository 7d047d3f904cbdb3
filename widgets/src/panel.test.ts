import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { glyph, MEAN } from "./marks";
import type { Row } from "./protocol";
import { about, choice, FakeModel, note, parameter, status, trial } from "./samples";

// jsdom has no canvas: the picture is looked at in a real browser, here stands a chart that draws nothing.
const drawn = vi.hoisted(() => ({ times: 0 }));
vi.mock("./chart", () => ({
  makeChart: () => ({ draw: () => (drawn.times += 1), resize() {}, recolour() {}, at: () => null, close() {} }),
}));
const { render } = await import("./panel");

const FRAME = 20;
let model: FakeModel;
let el: HTMLElement;
let close: () => void;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "requestAnimationFrame", "cancelAnimationFrame"] });
  Object.defineProperty(HTMLElement.prototype, "clientWidth", { configurable: true, get: () => 600 });
  document.body.replaceChildren((el = document.createElement("div")));
  model = new FakeModel();
  drawn.times = 0;
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
const button = (name: string) => [...el.querySelectorAll("button")].find((found) => found.textContent === name)!;
const tab = (name: string) => [...el.querySelectorAll<HTMLElement>("[role=tab]")].find((found) => found.textContent === name)!;
const input = (name: string) => el.querySelector<HTMLInputElement>(`[aria-label="${name}"]`)!;

describe("the wire", () => {
  it("asks for the rows when it renders, again while none come, and then no more", () => {
    expect(model.sent).toEqual([{ kind: "ready", have: 0 }]);
    vi.advanceTimersByTime(1500);
    const asked = model.sent.length;
    expect(asked).toBeGreaterThan(1);
    push(status());
    vi.advanceTimersByTime(10_000);
    expect(model.sent).toHaveLength(asked);
  });

  it("asks again when batches were missed", () => {
    push(status());
    vi.advanceTimersByTime(2000);
    model.push([status()], 5);
    expect(model.sent.at(-1)).toEqual({ kind: "ready", have: 5 });
  });

  it("ignores what is no batch", () => {
    model.raw({ rows: "all" });
    model.raw(null);
    push(about(), status());
    expect(el.textContent).toContain("4 of 10 trials");
  });

  it("draws many batches of one frame once", () => {
    push(about(), status(), trial(0, 0.8));
    const before = drawn.times;
    for (let id = 1; id < 50; id += 1) model.push([trial(id, 0.8)]);
    vi.advanceTimersByTime(FRAME);
    expect(drawn.times - before).toBeLessThanOrEqual(2);
  });

  it("takes everything down", () => {
    close();
    expect(el.childElementCount).toBe(0);
    expect(model.listeners).toBe(0);
  });
});

describe("the buttons", () => {
  beforeEach(() => push(about(), status()));

  it("pause, continue and skip", () => {
    button("Pause").click();
    expect(model.sent.at(-1)).toEqual({ kind: "pause" });
    expect(button("Pause").disabled).toBe(true);
    push(status({ state: "paused" }));
    button("Continue").click();
    expect(model.sent.at(-1)).toEqual({ kind: "continue" });
    push(status());
    button("Skip trial").click();
    expect(model.sent.at(-1)).toEqual({ kind: "skip", trial: null });
  });

  it("say how else to stop when the kernel does not hear", () => {
    button("Stop").click();
    expect(model.sent.at(-1)).toEqual({ kind: "stop" });
    expect(button("Stopping…").disabled).toBe(true);
    expect(el.textContent).not.toContain("use ■");
    vi.advanceTimersByTime(3100);
    expect(el.textContent).toContain("use ■ to stop");
  });

  it("say nothing of the kind when it does", () => {
    button("Stop").click();
    push(status({ state: "stopping" }));
    vi.advanceTimersByTime(3100);
    expect(el.querySelector<HTMLElement>(".am-actions .am-answer")!.hidden).toBe(true);
  });

  it("are off when the run has ended", () => {
    push(status({ state: "ended" }));
    for (const name of ["Pause", "Skip trial", "Stop"]) expect(button(name).disabled).toBe(true);
  });

  it("leave time running between two rows", () => {
    push(status({ trials: null, seconds: 60, elapsed: 10 }));
    vi.advanceTimersByTime(5000);
    expect(el.querySelector(".am-facts")!.textContent).toMatch(/4[45] s left/);
  });

  it("tell a screen reader at most every five seconds", () => {
    const spoken = el.querySelector(".am-spoken")!;
    expect(spoken.textContent).toBe("4 of 10 trials");
    push(status({ line: "5 of 10 trials" }));
    expect(spoken.textContent).toBe("4 of 10 trials");
    vi.advanceTimersByTime(6000);
    expect(spoken.textContent).toBe("5 of 10 trials");
  });
});

describe("the keyboard", () => {
  it("belongs to the panel where something in it has the focus, and not to the notebook's shortcuts", () => {
    push(about(), status(), trial(0, 0.8), choice("model", ["hist_gb"]), parameter("linear.C", { model: "linear" }));
    for (const name of ["Leaderboard", "Space"]) tab(name).click();
    const focusable = [...el.querySelectorAll("button, input, summary, [tabindex]")];
    expect(focusable.length).toBeGreaterThan(12);
    expect(focusable.filter((found) => !found.hasAttribute("data-lm-suppress-shortcuts"))).toEqual([]);
  });
});

describe("the tabs", () => {
  it("move with the arrow keys and have one tab stop", () => {
    tab("Curve").dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }));
    expect(tab("Space").getAttribute("aria-selected")).toBe("true");
    expect(document.activeElement).toBe(tab("Space"));
    expect([...el.querySelectorAll<HTMLElement>("[role=tab]")].map((found) => found.tabIndex)).toEqual([-1, -1, -1, 0, -1, -1, -1, -1, -1]);
    expect([...el.querySelectorAll<HTMLElement>("[role=tabpanel]")].map((found) => found.hidden)).toEqual([true, true, true, false, true, true, true, true, true]);
  });
});

describe("the curve", () => {
  it("shows the selected trial in words, with keys alone", () => {
    push(about(), status(), trial(0, 0.8), trial(1, null, { state: "failed", reason: "ValueError: no" }));
    const chart = el.querySelector(".am-chart")!;
    chart.dispatchEvent(new KeyboardEvent("keydown", { key: "End", bubbles: true }));
    vi.advanceTimersByTime(FRAME);
    const details = el.querySelector<HTMLElement>(".am-details")!;
    expect(details.textContent).toContain("Trial 1, hist_gb");
    expect(details.textContent).toContain("ValueError: no");
    chart.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }));
    vi.advanceTimersByTime(FRAME);
    expect(details.textContent).toContain("learning_rate0.1");
    chart.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    vi.advanceTimersByTime(FRAME);
    expect(details.hidden).toBe(true);
  });

  it("has a table behind it", () => {
    push(about(), status(), ...Array.from({ length: 150 }, (_, id) => trial(id, 0.8)));
    const behind = el.querySelector<HTMLDetailsElement>(".am-behind")!;
    behind.open = true;
    behind.dispatchEvent(new Event("toggle"));
    expect(behind.querySelectorAll("tbody tr")).toHaveLength(100);
    button("Show all 150").click();
    expect(behind.querySelectorAll("tbody tr")).toHaveLength(150);
  });

  it("puts what comes from the run into the page as text", () => {
    const evil = "<img src=x onerror=alert(1)>";
    push(about({ title: evil, models: [evil] }), status({ line: evil }), trial(0, 0.8, { model: evil, reason: evil, params: { [evil]: evil } }), note(0, evil, { level: "warning" }));
    for (const name of ["Leaderboard", "Space", "Curve"]) tab(name).click();
    vi.advanceTimersByTime(FRAME);
    expect(el.querySelector("img")).toBeNull();
  });
});

describe("what a trial would cost", () => {
  it("is said of the selected trial where it was measured", () => {
    push(about(), status(), trial(0, 0.8), trial(1, 0.7, { costs: "1,000 rows in 84 ms, 2.1 MB" }));
    const chart = el.querySelector(".am-chart")!;
    const said: boolean[] = [];
    for (const key of ["Home", "End"]) {
      chart.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      vi.advanceTimersByTime(FRAME);
      said.push(el.querySelector(".am-details-head")!.textContent!.includes("1,000 rows in 84 ms, 2.1 MB"));
    }
    expect(said).toEqual([false, true]);
  });
});

describe("a trial that is paused on a rung", () => {
  const waiting = trial(3, 0.7, { state: "paused", ended: null, rung: 1, rungs: 3, reason: "paused at rung 1 of 3 while not among the best third" });
  beforeEach(() => push(about(), status({ running: 0, paused: 1, line: "4 of 10 trials, 1 paused" }), trial(0, 0.8), waiting));

  it("is said to be paused, with its rung and for what it waits", () => {
    for (const name of ["Leaderboard", "Curve"]) tab(name).click();
    expect(el.querySelector(".am-facts")!.textContent).toContain("1 trial paused");
    expect(el.querySelectorAll(".am-board tbody tr")[1]!.textContent).toContain("pausedpaused at rung 1 of 3 while not among the best third");
    expect(el.querySelector(".am-legend")!.textContent).toContain("paused");
    expect(el.querySelector(".am-legend")!.textContent).not.toContain("running");
    el.querySelector(".am-chart")!.dispatchEvent(new KeyboardEvent("keydown", { key: "End", bubbles: true }));
    vi.advanceTimersByTime(FRAME);
    expect(el.querySelector(".am-details")!.textContent).toContain("while not among the best third");
  });

  it("can be skipped as a running one can", () => {
    el.querySelector(".am-chart")!.dispatchEvent(new KeyboardEvent("keydown", { key: "End", bubbles: true }));
    vi.advanceTimersByTime(FRAME);
    button("Skip this trial").click();
    expect(model.sent.at(-1)).toEqual({ kind: "skip", trial: 3 });
  });
});

describe("an ensemble", () => {
  const mean = trial(-1, 0.95, { model: "ensemble", origin: "ensemble", hidden: true, params: { "trial 1": 0.6, "trial 0": 0.4 } });
  beforeEach(() => push(about(), status({ state: "ended", best: -1 }), trial(0, 0.8), trial(1, 0.9), mean));

  it("is a row without a number, and no line to beat", () => {
    tab("Leaderboard").click();
    const first = el.querySelector(".am-board tbody tr")!;
    expect(first.textContent).toContain("ensemble");
    expect(first.textContent).not.toContain("to beat");
    expect(first.className).toContain("am-best");
    expect(first.querySelector("button")!.getAttribute("aria-label")).toBe("ensemble");
    expect([...first.children].slice(0, 2).map((cell) => cell.textContent)).toEqual(["1", "–"]);
    expect(first.querySelector(".am-glyph")!.innerHTML).toBe(glyph(MEAN).innerHTML);
  });

  it("stands behind the last trial", () => {
    const chart = el.querySelector(".am-chart")!;
    chart.dispatchEvent(new KeyboardEvent("keydown", { key: "End", bubbles: true }));
    vi.advanceTimersByTime(FRAME);
    const told = el.querySelector(".am-details")!.textContent!;
    expect(told).toContain("Ensemble");
    expect(told).not.toContain("Trial");
    expect(told).toContain("trial 10.6");
    expect(told).not.toContain("proposed by");
    chart.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }));
    vi.advanceTimersByTime(FRAME);
    expect(el.querySelector(".am-details")!.textContent).toContain("Trial 1, hist_gb");
  });

  it("of a run that went on stands behind that of before", () => {
    const params = { "trial 1": 0.7, "trial 2": 0.3 };
    push(trial(-1, 0.95, { ...mean, state: "pruned" }), trial(2, 0.91), trial(-2, 0.96, { ...mean, id: -2, score: 0.96, params }));
    const chart = el.querySelector(".am-chart")!;
    const press = (key: string) => {
      chart.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      vi.advanceTimersByTime(FRAME);
      return el.querySelector(".am-details")!.textContent!;
    };
    expect(press("End")).toContain("trial 10.7");
    expect(press("ArrowLeft")).toContain("trial 10.6");
    expect(press("ArrowLeft")).toContain("Trial 2, hist_gb");
    const behind = el.querySelector<HTMLDetailsElement>(".am-behind")!;
    behind.open = true;
    behind.dispatchEvent(new Event("toggle"));
    expect([...behind.querySelectorAll("tbody tr")].map((row) => row.lastElementChild!.textContent)).toEqual(["done", "pruned", "done", "done", "done"]);
  });

  it("has no family, and no steps that the kernel is asked for", () => {
    push(choice("model", ["hist_gb", "linear"]), trial(2, 0.7, { model: "linear" }), status({ state: "ended", best: -1 }));
    if (el.querySelector(".am-more-tabs")!.getAttribute("aria-expanded") === "false") el.querySelector<HTMLElement>(".am-more-tabs")!.click();
    tab("Importance").click();
    vi.advanceTimersByTime(FRAME);
    const lists = [...el.querySelectorAll<HTMLSelectElement>(".am-choose select")];
    expect(lists.length).toBeGreaterThan(0);
    expect(lists.filter((list) => list.options.length > 1).map((list) => list.value)).not.toContain("ensemble");
    tab("Pipeline").click();
    vi.advanceTimersByTime(FRAME);
    expect(el.querySelector(".am-pipeline")!.textContent).toContain("Ensemble");
    expect(model.sent.filter((message) => message.kind === "describe")).toEqual([]);
  });

  it("comes last in the table behind the curve, that is on top", () => {
    const behind = el.querySelector<HTMLDetailsElement>(".am-behind")!;
    behind.open = true;
    behind.dispatchEvent(new Event("toggle"));
    expect([...behind.querySelectorAll("tbody th")].map((head) => head.textContent)).toEqual(["–", "1", "0"]);
  });
});

describe("the leaderboard", () => {
  it("shows ten, and all on demand, the best first", () => {
    tab("Leaderboard").click();
    push(about(), status({ best: 14 }), ...Array.from({ length: 15 }, (_, id) => trial(id, 0.8 + id / 100)));
    const rows = () => [...el.querySelectorAll<HTMLElement>(".am-board tbody tr")];
    expect(rows()).toHaveLength(10);
    expect(rows()[0]!.textContent).toContain("0.9400");
    expect(rows()[0]!.className).toContain("am-best");
    const numbers = (cells: Iterable<Element>) => [...cells].slice(0, 2).map((cell) => cell.textContent);
    expect(numbers(el.querySelectorAll(".am-board th"))).toEqual(["#", "Trial"]);
    expect(numbers(rows()[0]!.children)).toEqual(["1", "14"]); // its rank, and the number that the curve and the sentences use
    button("Show all 15").click();
    expect(rows()).toHaveLength(15);
  });

  it("keeps a row's element when the order changes", () => {
    tab("Leaderboard").click();
    push(about(), status(), trial(0, 0.8));
    const first = el.querySelector(".am-board tbody tr");
    push(trial(1, 0.9));
    expect(el.querySelectorAll(".am-board tbody tr")[1]).toBe(first);
  });
});

describe("the space", () => {
  beforeEach(() => {
    tab("Space").click();
    push(about(), status(), choice("model", ["hist_gb", "linear"]), parameter("linear.C", { model: "linear", order: 1 }), parameter("linear.n", { model: "linear", order: 2, type: "int", low: 1, high: 9, full_low: 1, full_high: 9, log: false }));
    model.sent.length = 0;
  });

  it("sends bounds when a thumb is let go, not while it moves", () => {
    const thumb = input("C, highest");
    thumb.value = "500";
    thumb.dispatchEvent(new Event("input"));
    expect(model.sent).toEqual([]);
    thumb.dispatchEvent(new Event("change"));
    expect(model.sent).toEqual([{ kind: "narrow", label: "linear.C", low: 0.01, high: 0.1 }]);
  });

  it("is moved by keys, and sends once they rest", () => {
    for (let press = 0; press < 3; press += 1) input("n, lowest").dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }));
    vi.advanceTimersByTime(500);
    expect(model.sent).toEqual([{ kind: "narrow", label: "linear.n", low: 4, high: 9 }]);
  });

  it("never lets the bounds cross or leave the declared range", () => {
    const field = input("C, lowest value");
    field.value = "50";
    field.dispatchEvent(new Event("change"));
    expect(model.sent).toEqual([{ kind: "narrow", label: "linear.C", low: 1, high: 1 }]);
    field.value = "many";
    field.dispatchEvent(new Event("change"));
    expect(model.sent).toHaveLength(1);
    expect(field.getAttribute("aria-invalid")).toBe("true");
  });

  it("shows the kernel's answer as the truth, and goes back where none comes", () => {
    const high = input("C, highest value");
    high.value = "0.5";
    high.dispatchEvent(new Event("change"));
    push(parameter("linear.C", { model: "linear", order: 1, high: 0.4 }));
    expect(high.value).toBe("0.4");
    high.value = "0.2";
    high.dispatchEvent(new Event("change"));
    vi.advanceTimersByTime(4100);
    expect(high.value).toBe("0.4");
    expect(el.textContent).toContain("Not changed");
  });

  it("keeps at least one option", () => {
    const boxes = el.querySelectorAll<HTMLInputElement>("input[type=checkbox]");
    boxes[0]!.click();
    expect(model.sent).toEqual([{ kind: "choose", label: "model", options: ["linear"] }]);
    boxes[1]!.click();
    expect(model.sent).toHaveLength(1);
    expect(boxes[1]!.checked).toBe(true);
    expect(el.textContent).toContain("At least one must stay.");
  });

  it("offers to reset what is narrowed", () => {
    expect(input("Reset C").disabled).toBe(true);
    push(parameter("linear.C", { model: "linear", order: 1, high: 0.4 }));
    input("Reset C").click();
    expect(model.sent.at(-1)).toEqual({ kind: "reset", label: "linear.C" });
  });

  it("is still when the run has ended", () => {
    push(status({ state: "ended" }));
    expect([...el.querySelectorAll<HTMLInputElement>(".am-space input")].every((found) => found.disabled)).toBe(true);
  });
});
