import { describe, expect, it } from "vitest";
import { axesOf, isWithin, narrowing, SCORE, shownTrials, signature, type Axis, type Brush } from "./axes";
import { keyed, makeBrush, settled } from "./brush";
import { distance, nextQuota } from "./lines";
import { shadeOf, SHADES, shades } from "./ramp";
import { about, choice, parameter, trial } from "./samples";
import type { ParameterRow } from "./protocol";

const rate = parameter("hist_gb.rate", { model: "hist_gb", low: 0.01, high: 1, order: 1 });
const leaves = parameter("hist_gb.leaves", { model: "hist_gb", type: "int", log: false, low: 2, high: 12, full_low: 2, full_high: 12, order: 2 });
const cost = parameter("linear.C", { model: "linear", order: 3 });
const rare = parameter("rare", { order: 4 });
const skew = choice("skew", ["none", "log", null], { order: 5 });
const model = choice("model", ["hist_gb", "linear"], { order: 0 });
const rows = [model, rate, leaves, cost, rare, skew];
const boosted = (id: number, score: number, own: Record<string, number> = {}) =>
  trial(id, score, { params: { "hist_gb.rate": 0.1, "hist_gb.leaves": 7, rare: 0.1, ...own } });
const line = (id: number, score: number) => trial(id, score, { model: "linear", params: { "linear.C": 0.1, rare: 1, skew: "log" } });
const trials = [boosted(0, 0.7), boosted(1, 0.8, { "hist_gb.rate": 0.01 }), boosted(2, 0.9, { "hist_gb.rate": 1 })];
const byLabel = new Map<string, ParameterRow>(rows.map((row) => [row.label, row]));
const axis = (axes: Axis[], label: string) => axes.find((one) => one.label === label)!;
const brush = (label: string, low: number, high: number): Map<string, Brush> => new Map([[label, { low, high }]]);

describe("the axes", () => {
  it("are the parameters that count for the family, and the score as the last", () => {
    expect(axesOf(rows, trials, "hist_gb", about()).map((one) => one.label)).toEqual(["hist_gb.rate", "hist_gb.leaves", "rare", SCORE]);
    expect(axesOf(rows, trials, "hist_gb", about()).map((one) => one.name)).toEqual(["rate", "leaves", "rare", "ROC AUC"]);
  });

  it("are those common to all over several families, and the family itself", () => {
    const axes = axesOf(rows, [...trials, line(3, 0.6)], "", about());
    expect(axes.map((one) => one.label)).toEqual(["model", "rare", SCORE]);
    expect(axes[0]!.place(line(3, 0.6))).toBe(0.25);
  });

  it("leave out what can have one value only", () => {
    const fixed = parameter("rare", { full_low: 1, full_high: 1 });
    expect(axesOf([fixed], trials, "hist_gb", about()).map((one) => one.label)).toEqual([SCORE]);
  });

  it("place numbers on their own scale and options in equal bands, null among them", () => {
    const axes = axesOf(rows, trials, "hist_gb", about());
    expect(trials.map((one) => axis(axes, "hist_gb.rate").place(one))).toEqual([expect.closeTo(0.5), 0, 1]);
    const skewed = axesOf(rows, [line(0, 0.5)], "linear", about());
    expect(axis(skewed, "skew").place(line(0, 0.5))).toBeCloseTo(0.5);
    expect(axis(skewed, "skew").place(trial(1, 0.5, { params: { skew: null } }))).toBeCloseTo(1 / 6);
    expect(axis(skewed, "skew").said(0.1)).toBe("None");
  });

  it("say that a parameter does not count for a trial", () => {
    const axes = axesOf(rows, trials, "hist_gb", about());
    expect(axis(axes, "hist_gb.rate").place(trial(9, 0.5, { params: {} }))).toBeNull();
  });

  it("have the better score on top, whichever that is", () => {
    const score = (better: "higher" | "lower") => axis(axesOf(rows, trials, "hist_gb", about({ better })), SCORE);
    expect(score("higher").place(trials[2]!)!).toBeGreaterThan(score("higher").place(trials[0]!)!);
    expect(score("lower").place(trials[2]!)!).toBeLessThan(score("lower").place(trials[0]!)!);
  });

  it("stay the same while nothing of them changes", () => {
    const now = signature(axesOf(rows, trials, "hist_gb", about()));
    expect(signature(axesOf(rows, [...trials, boosted(3, 0.8)], "hist_gb", about()))).toBe(now);
    expect(signature(axesOf(rows, [...trials, boosted(3, 2)], "hist_gb", about()))).not.toBe(now);
  });

  it("do not move with each trial, but when a score lies outside or the picture has become too wide", () => {
    const scores = (before: { low: number; high: number } | null, ...more: number[]) =>
      axis(axesOf(rows, [...trials, ...more.map((score, at) => boosted(9 + at, score))], "hist_gb", about(), before), SCORE).scale!;
    const { low, high } = scores(null);
    expect(scores({ low: low - 0.001, high: high + 0.001 })).toMatchObject({ low: low - 0.001, high: high + 0.001 });
    expect(scores({ low, high }, 2).high).toBeGreaterThan(2);
    expect(scores({ low: low - 9, high })).toMatchObject({ low, high });
  });

  it("are for trials that have ended with a score, lines to beat aside", () => {
    const all = [boosted(0, 0.7), trial(1, null, { state: "failed" }), trial(2, 0.5, { state: "running" }), trial(3, 0.5, { hidden: true }), trial(4, 0.5, { state: "pruned" }), line(5, 0.5)];
    expect(shownTrials(all, "hist_gb").map((one) => one.id)).toEqual([0, 4]);
    expect(shownTrials(all, "").map((one) => one.id)).toEqual([0, 4, 5]);
  });
});

describe("a brush", () => {
  const axes = axesOf(rows, [...trials, trial(7, 0.75, { params: { skew: "log" } })], "hist_gb", about());

  it("lets through what lies inside, and nothing to which the parameter does not apply", () => {
    const inside = trials.filter((one) => isWithin(axes, brush("hist_gb.rate", 0.4, 1), one));
    expect(inside.map((one) => one.id)).toEqual([0, 2]);
    expect(isWithin(axes, brush("hist_gb.rate", 0, 1), trial(7, 0.7, { params: {} }))).toBe(false);
    expect(isWithin(axes, new Map(), trials[0]!)).toBe(true);
  });

  it("narrows a number to its bounds and a choice to its options", () => {
    const both = new Map([...brush("hist_gb.rate", 0.5, 1), ...brush("skew", 0, 2 / 3), ...brush(SCORE, 0.5, 1)]);
    expect(narrowing(axes, both, byLabel)).toEqual([
      { kind: "narrow", label: "hist_gb.rate", low: 0.1, high: 1 },
      { kind: "choose", label: "skew", options: ["log", null] },
    ]);
  });

  it("does not widen what was narrowed before, and says nothing twice", () => {
    const now = new Map([["hist_gb.leaves", { ...leaves, low: 5, high: 8 }]]);
    expect(narrowing(axes, brush("hist_gb.leaves", 0, 0.5), now)).toEqual([{ kind: "narrow", label: "hist_gb.leaves", low: 5, high: 7 }]);
    expect(narrowing(axes, brush("hist_gb.leaves", 0, 0.9), now)).toEqual([]);
    expect(narrowing(axes, brush("hist_gb.leaves", 0.9, 1), now)).toEqual([{ kind: "narrow", label: "hist_gb.leaves", low: 11, high: 12 }]);
  });

  it("holds whole options, and is none where it holds the whole axis", () => {
    expect(settled(axis(axes, "skew"), 0.4, 0.6)).toEqual({ low: 1 / 3, high: 2 / 3 });
    expect(settled(axis(axes, "hist_gb.rate"), 0.6, 0.4)).toEqual({ low: 0.4, high: 0.6 });
    expect(settled(axis(axes, "hist_gb.rate"), -1, 2)).toBeNull();
  });

  it("is moved by keys, its ends never cross, and Escape takes it away", () => {
    const rates = axis(axes, "hist_gb.rate");
    expect(keyed(rates, { low: 0, high: 1 }, 0, "ArrowUp")).toEqual({ low: 0.02, high: 1 });
    expect(keyed(rates, { low: 0.2, high: 0.21 }, 0, "PageUp")).toEqual({ low: 0.21, high: 0.21 });
    expect(keyed(rates, { low: 0.2, high: 0.3 }, 1, "End")).toEqual({ low: 0.2, high: 1 });
    expect(keyed(rates, { low: 0.2, high: 0.3 }, 1, "Escape")).toEqual({ low: 0, high: 1 });
    expect(keyed(rates, { low: 0.2, high: 0.3 }, 1, "a")).toBeUndefined();
    expect(keyed(axis(axes, "skew"), { low: 1 / 3, high: 2 / 3 }, 0, "ArrowUp")!.low).toBeCloseTo(1 / 3);
  });

  it("has two named sliders that say where they stand", () => {
    const told: (Brush | null)[] = [];
    const view = makeBrush(axis(axes, "hist_gb.rate"), (next) => told.push(next));
    const [from, to] = [...view.element.querySelectorAll<HTMLElement>("[role=slider]")] as [HTMLElement, HTMLElement];
    expect([from.getAttribute("aria-label"), to.getAttribute("aria-label")]).toEqual(["rate, brush from", "rate, brush to"]);
    expect(from.getAttribute("aria-valuetext")).toBe("0.01, not brushed");
    to.dispatchEvent(new KeyboardEvent("keydown", { key: "Home", bubbles: true }));
    from.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    for (let press = 0; press < 10; press += 1) from.dispatchEvent(new KeyboardEvent("keydown", { key: "PageUp", bubbles: true }));
    expect(told[0]).toEqual({ low: 0, high: 0.02 - 0.02 });
    expect(told[1]).toBeNull();
    expect(told.at(-1)).toEqual({ low: expect.closeTo(1), high: 1 });
    expect(from.getAttribute("aria-valuetext")).toBe("1");
  });
});

describe("the lines", () => {
  it("are found by a point near them", () => {
    const heights = Float32Array.from([0, 100]);
    expect(distance([0, 50], heights, 25, 53)).toBe(3);
    expect(distance([0, 50], heights, 60, 50)).toBe(Infinity);
  });

  it("are fewer in a frame that came late, more in one that came early, always some", () => {
    expect([nextQuota(100, 50), nextQuota(100, 16), nextQuota(100, 20), nextQuota(100, 5000)]).toEqual([60, 125, 100, 100]);
    expect([nextQuota(25, 200), nextQuota(200, 10)]).toEqual([25, 200]);
  });

  it("go from faint to strong with the score", () => {
    const found = shades("#000000", "#808080", "#ffffff");
    expect([found[0], found[(SHADES - 1) / 2], found[SHADES - 1]]).toEqual(["rgb(0,0,0)", "rgb(128,128,128)", "rgb(255,255,255)"]);
    expect(shades("GrayText", "CanvasText", "CanvasText")).toEqual(Array.from({ length: SHADES }, () => "CanvasText"));
    expect([shadeOf(-1), shadeOf(0.5), shadeOf(7)]).toEqual([0, 4, SHADES - 1]);
  });
});
