// The axes of the parallel coordinates, where a trial lies on each, and what a brush means. No picture here.
import * as format from "./format";
import type { AboutRow, Message, ParameterRow, Scalar, TrialRow } from "./protocol";
import { scoreRange, type Range } from "./range";
import { clamp, placeOf, scaleOf, STEPS, valueAt, type Scale } from "./scale";

/** One axis; places go from 0 at its foot to 1 at its head. */
export interface Axis {
  label: string;
  name: string;
  hint: string;
  /** How far a key moves the end of a brush; a choice moves from option to option. */
  step: number;
  options: Scalar[] | null;
  /** Return where a trial lies; null where the parameter does not count for it. */
  place(trial: TrialRow): number | null;
  /** Return what stands at a place, in words. */
  said(place: number): string;
  ticks: { place: number; text: string }[];
  scale: Scale | null;
}

export interface Brush {
  low: number;
  high: number;
}

export type Brushes = ReadonlyMap<string, Brush>;

export const SCORE = "\u0000score"; // no label of a parameter begins like this

/** Return the trials that have a score to be drawn with. */
export function shownTrials(trials: Iterable<TrialRow>, family: string): TrialRow[] {
  return [...trials].filter(
    (trial) => trial.score !== null && !trial.hidden && ["done", "pruned", "stopped"].includes(trial.state) && (family === "" || trial.model === family),
  );
}

/** Return an axis for each parameter that counts in a shown trial (over several families: in each), the score last.
 *  The range of scores stays as it was `before` while it still does. */
export function axesOf(parameters: ParameterRow[], trials: TrialRow[], family: string, about: AboutRow | null, before: Range | null = null): Axis[] {
  const models = new Set(trials.map((trial) => trial.model));
  const several = family === "" && models.size > 1;
  const counts = (label: string) => (several ? trials.every((trial) => label in trial.params) : trials.some((trial) => label in trial.params));
  const rows = [...parameters].sort((a, b) => a.order - b.order);
  const found = rows.filter((row) => (row.label === "model" ? several : counts(row.label)) && !isConstant(row));
  const shared = several ? null : ([...models][0] ?? null);
  return [...found.map((row) => axisOf(row, shared)), scoreAxis(trials, about, before)];
}

/** Return a text that differs when what is drawn would have to be drawn anew. */
export function signature(axes: Axis[]): string {
  return JSON.stringify(axes.map((axis) => [axis.label, axis.options, axis.scale]));
}

function isConstant(row: ParameterRow): boolean {
  return row.type === "choice" ? row.full_options.length < 2 : row.full_low === row.full_high;
}

function axisOf(row: ParameterRow, model: string | null): Axis {
  const own = { label: row.label, name: format.shortLabel(row.label, model) };
  return row.type === "choice" ? choiceAxis(row, own) : numberAxis(row, own);
}

function numberAxis(row: ParameterRow, own: { label: string; name: string }): Axis {
  const scale = scaleOf(row);
  const valued = (place: number) => valueAt(scale, place * STEPS);
  return {
    ...own,
    hint: scale.log ? "log" : "",
    step: scale.whole && !scale.log ? Math.max(0.02, 1 / (scale.high - scale.low)) : 0.02,
    options: null,
    place: (trial) => {
      const value = trial.params[row.label];
      return typeof value === "number" ? placeOf(scale, value) / STEPS : null;
    },
    said: (place) => format.number(valued(place)),
    ticks: [0, 0.5, 1].map((place) => ({ place, text: format.number(valued(place), 3) })),
    scale,
  };
}

function choiceAxis(row: ParameterRow, own: { label: string; name: string }): Axis {
  const options = row.full_options;
  const places = new Map(options.map((option, at) => [JSON.stringify(option), 1 - (at + 0.5) / options.length]));
  return {
    ...own,
    hint: "",
    step: 1 / options.length,
    options,
    place: (trial) => places.get(JSON.stringify(row.label === "model" ? trial.model : (trial.params[row.label] ?? null))) ?? null,
    said: (place) => format.value(options[Math.min(options.length - 1, Math.max(0, Math.floor((1 - place) * options.length)))] ?? null),
    ticks: options.map((option, at) => ({ place: 1 - (at + 0.5) / options.length, text: format.value(option) })),
    scale: null,
  };
}

/** Return the range of now, or the one before where it still shows what it has to: each trial moves it a little. */
function steady(now: Range, before: Range | null): Range {
  if (before === null) return now;
  const slack = 0.15 * (before.high - before.low);
  const still = [now.low - before.low, before.high - now.high].every((inside) => inside > -0.02 * slack && inside < slack);
  return still ? before : now;
}

function scoreAxis(trials: TrialRow[], about: AboutRow | null, before: Range | null): Axis {
  const better = about?.better ?? "higher";
  const range = steady(scoreRange(trials.map((trial) => trial.score!), better, null), before);
  const [worst, best] = better === "higher" ? [range.low, range.high] : [range.high, range.low];
  const valued = (place: number) => worst + place * (best - worst);
  return {
    label: SCORE,
    name: about?.metric ?? "score",
    hint: "best on top",
    step: 0.02,
    options: null,
    place: (trial) => (trial.score === null ? null : Math.min(1, Math.max(0, (trial.score - worst) / (best - worst)))),
    said: (place) => format.score(valued(place)),
    ticks: [0, 0.5, 1].map((place) => ({ place, text: format.score(valued(place)) })),
    scale: { low: worst, high: best, log: false, whole: false },
  };
}

/** Whether a trial lies within every brush. */
export function isWithin(axes: Axis[], brushes: Brushes, trial: TrialRow): boolean {
  return axes.every((axis) => {
    const brush = brushes.get(axis.label);
    if (brush === undefined) return true;
    const place = axis.place(trial);
    return place !== null && place >= brush.low - 1e-9 && place <= brush.high + 1e-9;
  });
}

/** Return the messages that narrow the space to the brushes. What was narrowed before is not widened. */
export function narrowing(axes: Axis[], brushes: Brushes, parameters: ReadonlyMap<string, ParameterRow>): Message[] {
  return axes.flatMap((axis): Message[] => {
    const [brush, row] = [brushes.get(axis.label), parameters.get(axis.label)];
    if (brush === undefined || row === undefined) return [];
    if (axis.options !== null) return chosen(axis, brush, row);
    const scale = axis.scale!;
    let [low, high] = [valueAt(scale, brush.low * STEPS), valueAt(scale, brush.high * STEPS)];
    if (row.low !== null && row.high !== null && low <= row.high && high >= row.low) {
      [low, high] = [Math.max(low, row.low), Math.min(high, row.high)];
    }
    return low > high || (low === row.low && high === row.high) ? [] : [{ kind: "narrow", label: row.label, low: clamp(scale, low), high: clamp(scale, high) }];
  });
}

function chosen(axis: Axis, brush: Brush, row: ParameterRow): Message[] {
  const inside = axis.ticks.flatMap(({ place }, at) => (place >= brush.low && place <= brush.high ? [axis.options![at]!] : []));
  const now = new Set(row.options.map((option) => JSON.stringify(option)));
  const kept = inside.filter((option) => now.has(JSON.stringify(option)));
  const options = kept.length ? kept : inside;
  return options.length === 0 || (kept.length === row.options.length && kept === options) ? [] : [{ kind: "choose", label: row.label, options }];
}
