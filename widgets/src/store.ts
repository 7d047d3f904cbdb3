// What the panel knows: rows by id. It holds no rules; the kernel's History decides everything.
import type { AboutRow, Batch, NoteRow, ParameterRow, StatusRow, TrialRow } from "./protocol";

export class Store {
  about: AboutRow | undefined;
  status: StatusRow | undefined;
  readonly trials = new Map<number, TrialRow>();
  readonly parameters = new Map<string, ParameterRow>();
  readonly notes = new Map<number, NoteRow>();
  seq = 0;
  selected: number | undefined;
  private readonly listeners = new Set<() => void>();

  /** Take a batch. Returns false where one before it was missed: then the view asks for every row again. */
  apply(batch: Batch): boolean {
    const whole = this.seq === 0 || batch.seq === this.seq + 1;
    this.seq = batch.seq;
    for (const row of batch.rows) {
      if (row.kind === "about") this.about = row;
      else if (row.kind === "status") this.status = row;
      else if (row.kind === "trial") this.trials.set(row.id, row);
      else if (row.kind === "parameter") this.parameters.set(row.label, row);
      else this.notes.set(row.id, row);
    }
    this.changed();
    return whole;
  }

  select(id: number | undefined): void {
    this.selected = id;
    this.changed();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Trials with a score that are shown as dots, by id. */
  scored(): TrialRow[] {
    return [...this.trials.values()].filter((trial) => trial.score !== null && !trial.hidden).sort((a, b) => a.id - b.id);
  }

  /** All trials, the best first: done by score, then pruned, running, stopped, failed. */
  ranked(): TrialRow[] {
    const sign = this.about?.better === "lower" ? 1 : -1;
    const order = { done: 0, pruned: 1, running: 2, paused: 2, stopped: 3, failed: 4 };
    const value = (trial: TrialRow) => (trial.score === null ? Infinity : sign * trial.score);
    return [...this.trials.values()].sort((a, b) => order[a.state] - order[b.state] || value(a) - value(b) || a.id - b.id);
  }

  /** The best score up to each of the scored trials; null before the first that is done. */
  bestSoFar(): (number | null)[] {
    const better = this.about?.better === "lower" ? Math.min : Math.max;
    let best: number | null = null;
    return this.scored().map((trial) => {
      if (trial.state === "done" && trial.score !== null) best = best === null ? trial.score : better(best, trial.score);
      return best;
    });
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}
