// The lines of the log on rungs: pauses and what was left on a rung are bundled, since most trials end so.
import * as format from "./format";
import { line, type LogLine } from "./logLine";
import type { AboutRow, TrialRow, TurnRow } from "./protocol";
import { isBetter } from "./ranking";

const LEFT = "paused at rung "; // how the reason of a trial begins that was never sent on

interface Moment {
  trial: TrialRow;
  turn: TurnRow;
}

/** Whether a trial ended on its rung, since it was not sent on from there. */
export function wasLeft(trial: TrialRow): boolean {
  return trial.state === "pruned" && trial.turns.length > 0 && (trial.reason ?? "").startsWith(LEFT);
}

/** Return a line for each promotion, for the pauses between two of them, and for what was left on a rung at the end. */
export function rungLines(trials: TrialRow[], metric: string, better: AboutRow["better"]): LogLine[] {
  const moments = trials.flatMap((trial) => trial.turns.map((turn) => ({ trial, turn })));
  moments.sort((a, b) => a.turn.at - b.turn.at || a.trial.id - b.trial.id);
  const lines: LogLine[] = [];
  let waiting: Moment[] = [];
  const tellWaiting = () => {
    for (const group of groups(waiting, (moment) => moment.turn.rung)) lines.push(pauseLine(group, metric, better));
    waiting = [];
  };
  for (const moment of moments) {
    if (moment.turn.pause) {
      waiting.push(moment);
      continue;
    }
    tellWaiting();
    const { trial, turn } = moment;
    lines.push(line(`g${trial.id}-${turn.rung}-${turn.at}`, turn.at, "trial", `${nameOf(trial)}: sent on to rung ${turn.rung} of ${trial.rungs}`, trial.id));
  }
  tellWaiting();
  for (const group of groups(trials.filter(wasLeft), (trial) => `${trial.reason}`)) lines.push(leftLine(group));
  return lines;
}

function pauseLine(moments: Moment[], metric: string, better: AboutRow["better"]): LogLine {
  const first = moments[0]!;
  const last = moments[moments.length - 1]!;
  const where = `rung ${first.turn.rung} of ${first.trial.rungs}`;
  const key = `p${first.trial.id}-${first.turn.rung}-${first.turn.at}`;
  if (moments.length === 1) {
    const score = first.turn.score === null ? "" : `, ${metric} ${format.score(first.turn.score)}`;
    return line(key, first.turn.at, "trial", `${nameOf(first.trial)}: paused at ${where}${score}`, first.trial.id);
  }
  const best = moments.reduce((a, b) => (a.turn.score === null || (b.turn.score !== null && isBetter(b.turn.score, a.turn.score, better)) ? b : a));
  const score = best.turn.score === null ? "" : `; the best is trial ${best.trial.id}, ${metric} ${format.score(best.turn.score)}`;
  return line(key, last.turn.at, "trial", `${moments.length} trials paused at ${where}: ${listed(moments.map(({ trial }) => trial.id))}${score}`, null);
}

function leftLine(trials: TrialRow[]): LogLine {
  const first = trials[0]!;
  const at = Math.max(...trials.map((trial) => trial.ended ?? 0));
  const name = trials.length === 1 ? nameOf(first) : `${trials.length} trials`;
  return line(`l${first.id}`, at, "failed", `${name}: not sent on, ${first.reason}`, trials.length === 1 ? first.id : null);
}

function nameOf(trial: TrialRow): string {
  return `Trial ${trial.id}, ${trial.model}`;
}

/** Return numbers in words: "3, 5 to 8, 11". */
export function listed(numbers: number[]): string {
  const sorted = [...numbers].sort((a, b) => a - b);
  const runs: [number, number][] = [];
  for (const number of sorted) {
    const run = runs[runs.length - 1];
    if (run !== undefined && number <= run[1] + 1) run[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([low, high]) => (low === high ? `${low}` : high === low + 1 ? `${low}, ${high}` : `${low} to ${high}`)).join(", ");
}

function groups<T>(items: T[], key: (item: T) => unknown): T[][] {
  const found = new Map<unknown, T[]>();
  for (const item of items) {
    const group = found.get(key(item));
    if (group === undefined) found.set(key(item), [item]);
    else group.push(item);
  }
  return [...found.values()];
}
