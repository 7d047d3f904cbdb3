// Trials by merit.
import { ENSEMBLE } from "./marks";
import type { AboutRow, TrialRow, TrialState } from "./protocol";

const PLACE: Record<TrialState, number> = { done: 0, pruned: 1, running: 2, paused: 2, stopped: 3, failed: 4 };

/** Whether one natural score is better than another. */
export function isBetter(one: number, other: number, better: AboutRow["better"]): boolean {
  return better === "higher" ? one > other : one < other;
}

/** Return the trials, the best first: done by score, then pruned, unfinished, stopped and failed ones. */
export function ranked(trials: Iterable<TrialRow>, better: AboutRow["better"]): TrialRow[] {
  const sign = better === "higher" ? -1 : 1;
  const merit = (trial: TrialRow) => (trial.score === null ? Infinity : sign * trial.score);
  return [...trials].sort((a, b) => PLACE[a.state] - PLACE[b.state] || merit(a) - merit(b) || a.id - b.id);
}

/** Return a number by which trials lie in the order in which they were made: ensembles last, -1 before -2. */
export function whenMade(trial: TrialRow): number {
  return trial.id < 0 ? 2 ** 40 - trial.id : trial.id;
}

/** Return the best score after each of the trials, in their order; null before the first is done. */
export function bestSoFar(trials: TrialRow[], better: AboutRow["better"]): (number | null)[] {
  let best: number | null = null;
  return trials.map((trial) => {
    if (trial.state === "done" && (!trial.hidden || trial.origin === ENSEMBLE) && trial.score !== null) {
      if (best === null || isBetter(trial.score, best, better)) best = trial.score;
    }
    return best;
  });
}
