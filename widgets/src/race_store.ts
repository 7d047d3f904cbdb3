// The view's copy of a race: one row for the race, one for each searcher, one for the plane. It knows no rules.
import type { Batch, PlaneRow, RaceBatch, RaceRow, RunnerRow } from "./protocol";

export class RaceStore {
  race: RaceRow | null = null;
  plane: PlaneRow | null = null;
  readonly runners = new Map<number, RunnerRow>();
  /** The last batch held. */
  have = 0;

  /** What the wire looks at to see whether anything has come. */
  get status(): RaceRow | null {
    return this.race;
  }

  /** Take a batch; return whether batches before it were missed. */
  apply(batch: Batch | RaceBatch): boolean {
    for (const row of batch.rows as RaceBatch["rows"]) {
      if (row.kind === "race") this.race = row;
      else if (row.kind === "runner") this.runners.set(row.place, row);
      else if (row.kind === "plane") this.plane = row;
    }
    const missed = batch.seq > this.have + 1;
    this.have = Math.max(this.have, batch.seq);
    return missed;
  }

  /** The searchers in their order. */
  inOrder(): RunnerRow[] {
    return [...this.runners.values()].sort((a, b) => a.place - b.place);
  }
}
