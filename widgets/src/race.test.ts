import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ticksOf } from "./drawing";
import type { Batch, PlaneRow, RaceRow, RunnerRow } from "./protocol";
import { frameOf, render } from "./race";
import { steps } from "./race_chart";
import { FakeModel } from "./samples";

const FRAME = 20;
let model: FakeModel;
let el: HTMLElement;
let close: () => void;

function race(own: Partial<RaceRow> = {}): RaceRow {
  return {
    kind: "race", title: "survived", metric: "ROC AUC", better: "higher", repeat: 1, repeats: 2, state: "running",
    line: "Repeat 1 of 2", verdict: [], minimum: null, ...own,
  };
}

function runner(place: number, name: string, own: Partial<RunnerRow> = {}): RunnerRow {
  return {
    kind: "runner", place, name, made: 3, of: 10, best: 0.8 + place / 100, runs: 2, middle: [0.7, 0.75, 0.8],
    low: [0.6, 0.7, 0.75], high: [0.72, 0.8, 0.82], dots: [0.7, null, 0.8], looked: [], ...own,
  };
}

const flat: PlaneRow = {
  kind: "plane", across: "x", up: "y", reach: [-5, 10, 0, 15], contours: [[[0, 0], [0.5, 0.5], [1, 0]]], valleys: [[0.2, 0.3], [0.9, 0.1]],
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "requestAnimationFrame", "cancelAnimationFrame"] });
  Object.defineProperty(HTMLElement.prototype, "clientWidth", { configurable: true, get: () => 600 });
  document.body.replaceChildren((el = document.createElement("div")));
  model = new FakeModel();
  close = render({ model, el });
});
afterEach(() => {
  close();
  vi.useRealTimers();
});

function push(...rows: (RaceRow | RunnerRow | PlaneRow)[]): void {
  model.push(rows as unknown as Batch["rows"]);
  vi.advanceTimersByTime(FRAME);
}
const button = (name: string) => [...el.querySelectorAll("button")].find((found) => found.textContent === name)!;

describe("the race", () => {
  it("asks for its rows, and shows a small picture for each searcher and one of all", () => {
    expect(model.sent).toEqual([{ kind: "ready", have: 0 }]);
    push(race(), runner(0, "grid"), runner(1, "random"), runner(2, "tpe"));
    expect([...el.querySelectorAll("figcaption")].map((found) => found.textContent)).toEqual(["grid3 of 10 trials", "random3 of 10 trials", "tpe3 of 10 trials"]);
    expect(el.querySelectorAll(".am-race-small svg[role=img]")).toHaveLength(3);
    const large = el.querySelector(".am-race-large svg")!;
    expect(large.querySelectorAll(".am-race-line")).toHaveLength(3);
    expect(large.querySelectorAll(".am-race-band")).toHaveLength(3);
    expect(el.textContent).toContain("Best ROC AUC so far (higher is better), median and whole range of 2 repeats");
  });

  it("tells searchers apart by dashes and marks, not by colour alone", () => {
    push(race(), runner(0, "grid"), runner(1, "random"));
    const dashes = [...el.querySelectorAll(".am-race-large .am-race-line")].map((line) => line.getAttribute("stroke-dasharray"));
    expect(new Set(dashes).size).toBe(2);
    expect([...el.querySelectorAll(".am-race-large .am-race-end")].map((mark) => mark.tagName)).toEqual(["circle", "polygon"]);
  });

  it("leaves bands out where nothing was repeated", () => {
    push(race({ repeats: 1 }), runner(0, "grid", { runs: 1 }), runner(1, "tpe", { runs: 1 }));
    expect(el.querySelectorAll(".am-race-band")).toHaveLength(0);
  });

  it("draws the plane of a test function with what each has looked at", () => {
    push(race({ better: "lower", minimum: 0.4 }), flat, runner(0, "random", { looked: [[0.1, 0.2], [0.3, 0.4]] }), runner(1, "tpe", { looked: [[0.5, 0.5]] }));
    const pictures = [...el.querySelectorAll(".am-race-small svg[role=img]")];
    expect(pictures.map((picture) => picture.querySelectorAll(".am-race-looked").length)).toEqual([2, 1]);
    expect(pictures[0]!.querySelectorAll(".am-race-valley")).toHaveLength(2);
    expect(el.querySelector(".am-race-large .am-race-minimum")).not.toBeNull();
  });

  it("puts names into the page as text", () => {
    push(race({ title: "<b>t</b>", state: "ended", verdict: ["<i>who</i>"] }), runner(0, "<img src=x onerror=alert(1)>"), runner(1, "tpe"));
    expect(el.querySelector("img, b, i")).toBeNull();
    expect(el.textContent).toContain("<img src=x onerror=alert(1)>");
  });

  it("has the numbers in a table, the best first, whichever way is better", () => {
    const names = () => [...el.querySelectorAll("tbody th")].map((found) => found.textContent);
    push(race(), runner(0, "grid"), runner(1, "tpe"), runner(2, "none", { best: null }));
    expect(names()).toEqual(["tpe", "grid", "none"]);
    push(race({ better: "lower" }));
    expect(names()).toEqual(["grid", "tpe", "none"]);
  });

  it("says the verdict when it has ended, once", () => {
    push(race({ verdict: ["Too few to tell."] }), runner(0, "grid"));
    expect(el.textContent).not.toContain("Too few");
    push(race({ state: "ended", verdict: ["Too few to tell."] }));
    const said = el.querySelector(".am-race-verdict p");
    expect(said?.textContent).toBe("Too few to tell.");
    push(race({ state: "ended", verdict: ["Too few to tell."], repeat: 2 }));
    expect(el.querySelector(".am-race-verdict p")).toBe(said);
  });

  it("stops and pauses, and names ■ where the kernel does not answer", () => {
    push(race(), runner(0, "grid"));
    button("Pause").click();
    push(race({ state: "paused" }));
    button("Continue").click();
    expect(model.sent.slice(1)).toEqual([{ kind: "pause" }, { kind: "continue" }]);
    button("Stop").click();
    expect(model.sent.at(-1)).toEqual({ kind: "stop" });
    expect(button("Stopping…").disabled).toBe(true);
    vi.advanceTimersByTime(4000);
    expect(el.textContent).toContain("use ■ to stop");
    push(race({ state: "ended" }));
    expect(button("Stop").disabled).toBe(true);
  });

  it("takes everything down", () => {
    close();
    expect(el.childElementCount).toBe(0);
    expect(model.listeners).toBe(0);
  });
});

describe("the drawing", () => {
  it("holds each value until the next trial and skips what is missing", () => {
    expect(steps([null, 1, 3], (trial) => trial * 10, (score) => score)).toBe("M20.0 1.0H30.0V3.0");
    expect(steps([], Number, Number)).toBe("");
  });

  it("has few round ticks", () => {
    expect(ticksOf({ low: 0.71, high: 0.89 }, 4)).toEqual([0.75, 0.8, 0.85]);
    expect(ticksOf({ low: 1, high: 20 }, 4)).toEqual([5, 10, 15, 20]);
    expect(ticksOf({ low: 1, high: 1 }, 4)).toEqual([1]);
  });

  it("keeps one frame for all pictures", () => {
    const frame = frameOf(race(), [runner(0, "grid"), runner(1, "tpe", { of: 40 })], 300, 200);
    expect(frame.trials).toBe(40);
    expect(frame.range.low).toBeLessThan(0.6 + 1e-9);
    expect(frame.range.high).toBeGreaterThan(0.82);
  });
});
