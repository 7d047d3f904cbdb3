// The picture of the curve: uPlot's axes and step line, our marks, and which trial a point of it means.
import uPlot from "uplot";
import * as format from "./format";
import { Layer } from "./layer";
import { paintTrials, paintUnder, place, readColours, type Colours, type Scene } from "./paint";
import type { Range } from "./range";

const REACH = 22; // px around a mark that count as the mark

export interface Chart {
  /** Draw; `best` is the step line over `x`. */
  draw(scene: Scene, x: number[], best: (number | null)[], trials: Range): void;
  resize(width: number, height: number): void;
  recolour(): void;
  /** Return the trial nearest to a point of the page, or null where none is near. */
  at(clientX: number, clientY: number): number | null;
  close(): void;
}

/** Make the chart inside `host`; colours come from `panel`. */
export function makeChart(host: HTMLElement, panel: Element, width: number, height: number): Chart {
  let colours: Colours = readColours(panel);
  let scene: Scene = { trials: [], last: 0, family: new Map(), range: { low: 0, high: 1 }, baseline: null, better: "higher", acts: [], selected: null };
  const layer = new Layer();
  let reach: Range = { low: -0.5, high: 9.5 };
  const font = `11px ${getComputedStyle(panel).fontFamily || "sans-serif"}`;
  const axis = (own: uPlot.Axis): uPlot.Axis => ({
    stroke: () => colours.muted,
    grid: { stroke: () => colours.grid, width: 1 },
    ticks: { show: false },
    font,
    ...own,
  });
  const plot = new uPlot(
    {
      width,
      height,
      padding: [8, 8, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, range: () => [reach.low, reach.high] },
        y: { range: () => [scene.range.low, scene.range.high] },
      },
      series: [{}, { stroke: () => colours.best, width: 2, paths: uPlot.paths.stepped!({ align: 1 }), points: { show: false } }],
      axes: [
        axis({ size: 26, gap: 4, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000], values: (_, ticks) => ticks.map(String), grid: { show: false } }),
        axis({ size: sizeOfTicks, gap: 6, values: (_, ticks) => (isEmpty(scene) ? ticks.map(() => "") : labels(ticks)) }),
      ],
      hooks: {
        drawAxes: [(self) => paintUnder(self, scene, colours)],
        draw: [(self) => paintTrials(self, scene, colours, layer)],
      },
    },
    [[], []],
    host,
  );
  return {
    draw(next, x, best, trials) {
      scene = next;
      reach = trials;
      plot.setData([x, best] as uPlot.AlignedData);
    },
    resize: (toWidth, toHeight) => plot.setSize({ width: toWidth, height: toHeight }),
    recolour() {
      colours = readColours(panel);
      plot.redraw(false, true);
    },
    at(clientX, clientY) {
      const box = plot.over.getBoundingClientRect();
      return nearest(plot, scene, clientX - box.left, clientY - box.top);
    },
    close: () => plot.destroy(),
  };
}

/** Whether there is nothing to read on the axis of scores yet. */
function isEmpty(scene: Scene): boolean {
  return scene.baseline === null && !scene.trials.some((trial) => trial.score !== null);
}

function labels(ticks: number[]): string[] {
  const step = Math.abs((ticks[1] ?? 1) - (ticks[0] ?? 0)) || 1;
  const digits = Math.min(8, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  return ticks.map((tick) => (Math.abs(tick) >= 1e6 ? format.number(tick, 3) : tick.toFixed(digits).replace("-", "−")));
}

function sizeOfTicks(_: uPlot, values: string[] | null): number {
  const longest = Math.max(3, ...(values ?? []).map((text) => text.length));
  return 12 + longest * 6.6;
}

function nearest(plot: uPlot, scene: Scene, x: number, y: number): number | null {
  let found: number | null = null;
  let least = REACH * REACH;
  for (const trial of scene.trials) {
    const at = place(plot, trial, scene);
    if (at === null) continue;
    const distance = (at.x - x) ** 2 + (at.y - y) ** 2;
    if (distance < least) [found, least] = [trial.id, distance];
  }
  return found;
}
