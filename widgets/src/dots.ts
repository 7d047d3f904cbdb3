// The past trials under a slider, at their values: the better a trial, the higher and the stronger its mark.
import type { Context } from "./context";
import { svg } from "./dom";
import * as format from "./format";
import { placeOf, STEPS, type Scale } from "./scale";
import type { TrialRow } from "./protocol";

export const LEVELS = 5; // shades from poor to good
const HEIGHT = 20;
const MARGIN = 3.5;
const NEWEST = 300; // trials that are drawn, besides the best
const BEST = 100;

export interface Past {
  value: number;
  /** Share of the other trials with this parameter that are not better, 0 to 1. */
  goodness: number;
}

export interface Dots {
  element: SVGElement;
  show(past: Past[]): void;
}

/** Return the past trials by parameter: those that have a score, the newest and the best of them. */
export function pastOf(context: Context): Map<string, Past[]> {
  const better = context.store.about?.better ?? "higher";
  const scored = [...context.store.trials.values()].filter((trial) => trial.score !== null && !trial.hidden && trial.state !== "failed");
  const goodness = (trial: TrialRow) => (better === "higher" ? trial.score! : -trial.score!);
  const cut = (of: (trial: TrialRow) => number, count: number) => Float64Array.from(scored, of).sort().at(-count) ?? -Infinity;
  const [newest, best] = [cut(({ id }) => id, NEWEST), cut(goodness, BEST)];
  const shown = scored.length <= NEWEST ? scored : scored.filter((trial) => trial.id >= newest || goodness(trial) >= best);
  shown.sort((a, b) => goodness(a) - goodness(b) || b.id - a.id);
  const found = new Map<string, number[]>();
  for (const trial of shown.slice(-(NEWEST + BEST))) {
    for (const [label, value] of Object.entries(trial.params)) {
      if (typeof value !== "number") continue;
      const values = found.get(label);
      if (values) values.push(value);
      else found.set(label, [value]);
    }
  }
  const ranked = (values: number[]) => values.map((value, place) => ({ value, goodness: values.length > 1 ? place / (values.length - 1) : 1 }));
  return new Map([...found].map(([label, values]) => [label, ranked(values)]));
}

/** Make the strip of a parameter; one path for each shade, so that hundreds of marks cost five elements. */
export function makeDots(name: string, scale: Scale): Dots {
  const paths = Array.from({ length: LEVELS }, (_, level) => svg("path", { class: `am-dot am-dot-${level}`, "vector-effect": "non-scaling-stroke" }));
  const root = svg("svg", { class: "am-dots", viewBox: `0 0 ${STEPS} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": told(name, []) }, ...paths);
  return {
    element: root,
    show(past) {
      const drawn = paths.map(() => "");
      for (const { value, goodness } of past) {
        const level = Math.min(LEVELS - 1, Math.floor(goodness * LEVELS));
        const y = HEIGHT - MARGIN - goodness * (HEIGHT - 2 * MARGIN);
        drawn[level] += `M${placeOf(scale, value).toFixed(1)} ${y.toFixed(1)}h0`;
      }
      paths.forEach((path, level) => path.getAttribute("d") !== drawn[level] && path.setAttribute("d", drawn[level]!));
      root.setAttribute("aria-label", told(name, past));
    },
  };
}

/** Return in words where the good trials lie. */
export function told(name: string, past: Past[]): string {
  if (past.length === 0) return `${name}: no trial yet`;
  const good = past.slice(Math.floor(past.length * 0.75)).map(({ value }) => value);
  const [low, high] = [Math.min(...good), Math.max(...good)].map((value) => format.number(value, 3));
  const where = low === high ? `at ${low}` : `between ${low} and ${high}`;
  return `${name}: ${format.counted(past.length, "trial")}, the best quarter ${where}`;
}
