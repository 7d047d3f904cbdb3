import { beforeEach, describe, expect, it, vi } from "vitest";
import { Layer } from "./layer";
import { trial } from "./samples";
import type { TrialRow } from "./protocol";

let painted: number[][];
let layer: Layer;
const like = { width: 600, height: 200 } as HTMLCanvasElement;
const show = (trials: TrialRow[], look = "one", canvas = like) => layer.show(canvas, look, trials, (_, fresh) => void painted.push(fresh.map((row) => row.id)));

beforeEach(() => {
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue({} as never);
  painted = [];
  layer = new Layer();
});

describe("a layer of marks that stay", () => {
  const rows = [trial(0, 0.5), trial(1, 0.6)];

  it("paints a mark once, and later only what is new", () => {
    show(rows);
    show(rows);
    show([...rows, trial(2, 0.7)]);
    expect(painted).toEqual([[0, 1], [2]]);
  });

  it("paints all anew when the look or the size is another", () => {
    show(rows);
    show(rows, "other");
    show(rows, "other", { width: 300, height: 200 } as HTMLCanvasElement);
    expect(painted).toEqual([[0, 1], [0, 1], [0, 1]]);
  });

  it("paints all anew when a trial has changed or is gone", () => {
    show(rows);
    show([rows[0]!, trial(1, 0.9)]);
    show([rows[0]!]);
    show([]);
    expect(painted).toEqual([[0, 1], [0, 1], [0]]);
  });
});
