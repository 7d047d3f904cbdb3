import { describe, expect, it } from "vitest";
import { factsOf, progress } from "./bar";
import * as format from "./format";
import { bestSoFar, ranked } from "./ranking";
import { scoreRange, steady, trialRange } from "./range";
import { status, trial } from "./samples";
import { moved, placeOf, STEPS, valueAt, type Scale } from "./scale";
import { luminance } from "./theme";

describe("numbers", () => {
  it("are written as a person would", () => {
    expect([0.87123, 1.23456, 12.3456, 123.456, 12345.6, -0.5, 0, null].map(format.score)).toEqual(
      ["0.8712", "1.235", "12.35", "123.5", "12346", "−0.5000", "0.0000", "–"],
    );
    expect([0.000001, 0.00012345, 0.1, 300, 1e9, -2.5].map((value) => format.number(value))).toEqual(["1e-6", "1.23e-4", "0.1", "300", "1e9", "−2.5"]);
    expect([5, 65, 120, 3600, 5000].map(format.duration)).toEqual(["5 s", "1 min 5 s", "2 min", "1 h", "1 h 23 min"]);
    expect([null, true, "rbf", 0.5].map(format.value)).toEqual(["None", "True", "rbf", "0.5"]);
  });
});

describe("the range of scores", () => {
  const near = [0.8, 0.81, 0.82, 0.83, 0.84, 0.85];
  it("leaves a far bad score out, never a good one", () => {
    const range = scoreRange([...near, 0.1, 0.99], "higher", null);
    expect(range.low).toBeGreaterThan(0.3);
    expect(range.high).toBeGreaterThan(0.99);
  });
  it("turns round where lower is better", () => {
    const range = scoreRange([...near, 9, 0.7], "lower", null);
    expect(range.high).toBeLessThan(2);
    expect(range.low).toBeLessThan(0.7);
  });
  it("shows the line to beat", () => {
    const range = scoreRange(near, "higher", 0.78);
    expect(range.low).toBeLessThan(0.78);
  });
  it("stays where it is while it moves a little, and never hides the best", () => {
    const before = scoreRange(near, "higher", null);
    expect(steady(null, before)).toBe(before);
    const little = scoreRange([...near, 0.8505], "higher", null);
    expect(steady(before, little)).toBe(before);
    expect(before.high).toBeGreaterThan(0.8505);
    const much = scoreRange([...near, 0.9], "higher", null);
    expect(steady(before, much)).toBe(much);
  });
  it("is never empty", () => {
    for (const scores of [[], [0.5], [0, 0, 0], [NaN]]) {
      const range = scoreRange(scores, "higher", null);
      expect(range.high).toBeGreaterThan(range.low);
    }
  });
  it("of trials moves in steps and ends at the limit", () => {
    expect(trialRange(0, null)).toEqual(trialRange(9, null));
    expect(trialRange(79, 80).high).toBe(79.5);
  });
});

describe("ranking", () => {
  const rows = [trial(0, 0.8), trial(1, 0.9), trial(2, 0.99, { state: "pruned" }), trial(3, null, { state: "failed" }), trial(4, 0.9)];
  it("puts done trials first, by score, the earlier of equals before", () => {
    expect(ranked(rows, "higher").map((row) => row.id)).toEqual([1, 4, 0, 2, 3]);
    expect(ranked(rows, "lower").map((row) => row.id)).toEqual([0, 1, 4, 2, 3]);
  });
  it("of the best so far ignores pruned and hidden trials", () => {
    expect(bestSoFar([trial(0, 0.99, { hidden: true }), ...rows.slice(0, 3)], "higher")).toEqual([null, 0.8, 0.9, 0.9]);
  });
});

describe("a slider's scale", () => {
  const log: Scale = { low: 0.001, high: 10, log: true, whole: false };
  const whole: Scale = { low: 3, high: 200, log: true, whole: true };
  it("goes there and back, with exact ends", () => {
    expect([valueAt(log, 0), valueAt(log, STEPS)]).toEqual([0.001, 10]);
    expect(valueAt(log, placeOf(log, 0.1))).toBeCloseTo(0.1, 6);
    expect(valueAt(whole, 500) % 1).toBe(0);
  });
  it("moves whole numbers by one at least", () => {
    expect(moved(whole, 3, 1)).toBe(4);
    expect(moved(whole, 200, 1)).toBe(200);
    expect(moved(whole, 3, -1)).toBe(3);
  });
});

describe("progress", () => {
  it("is the larger share of trials and time", () => {
    expect(progress(status({ done: 4, trials: 10, seconds: 20 }), 15)).toBe(0.75);
    expect(progress(status({ state: "ended" }), 1)).toBe(1);
  });
  it("counts what is paused on a rung as through, and says so", () => {
    const waiting = status({ done: 4, paused: 3, trials: 10 });
    expect(progress(waiting, 7)).toBe(0.7);
    expect(factsOf(waiting, 7)).toBe("4 of 10 trials · about 3 s left · 3 trials paused");
  });
  it("is told in words", () => {
    expect(factsOf(status(), 10)).toBe("4 of 10 trials · about 15 s left");
    expect(factsOf(status({ trials: null, seconds: 60, state: "paused", failed: 1 }), 10)).toBe("4 trials · paused, 50 s left · 1 failed");
  });
});

describe("luminance", () => {
  it("tells light from dark, and nothing of what is transparent", () => {
    expect(luminance("rgb(255, 255, 255)")).toBeCloseTo(1);
    expect(luminance("rgb(17, 17, 17)")).toBeLessThan(0.1);
    expect(luminance("rgba(0, 0, 0, 0)")).toBeNull();
  });
});
