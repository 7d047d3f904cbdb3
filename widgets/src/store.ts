// The view's copy of the rows: a map for each kind, by key. It knows no rules.
import { ENSEMBLE, MEAN } from "./marks";
import type {
  AboutRow, Batch, CheckRow, CodeRow, ColumnsRow, CurveRow, ImportanceRow, InsightRow, LimitsRow, NetworkRow, NoteRow, ParameterRow, PipelineRow, PlayerRow,
  Row, SizeRow, SpaceRow, StatusRow, TrialRow,
} from "./protocol";

type Kind = Exclude<Row["kind"], "clear">;

export class Store {
  about: AboutRow | null = null;
  status: StatusRow | null = null;
  /** Where a recording stands; null while a run is under way. */
  player: PlayerRow | null = null;
  space: SpaceRow | null = null;
  /** The newest answer to a rule that is being typed. */
  check: CheckRow | null = null;
  /** The newest answer to "Copy as code" or "Run". */
  code: CodeRow | null = null;
  importance: ImportanceRow | null = null;
  /** The newest answer to insight. */
  insight: InsightRow | null = null;
  /** Which columns the result needs, once the run has ended. */
  columns: ColumnsRow | null = null;
  /** What networks are allowed to be; only a search over networks has it. */
  limits: LimitsRow | null = null;
  readonly trials = new Map<number, TrialRow>();
  readonly parameters = new Map<string, ParameterRow>();
  readonly notes = new Map<number, NoteRow>();
  readonly pipelines = new Map<number, PipelineRow>();
  /** How networks learned, how large they are, and their blocks, by trial. */
  readonly curves = new Map<number, CurveRow>();
  readonly sizes = new Map<number, SizeRow>();
  readonly networks = new Map<number, NetworkRow>();
  /** How often each kind has changed; a component that drew a revision need not draw it again. */
  readonly revision: Record<Kind, number> = {
    about: 0, trial: 0, status: 0, parameter: 0, note: 0, space: 0, check: 0, gone: 0, code: 0, importance: 0, insight: 0, pipeline: 0,
    player: 0, columns: 0, learning: 0, size: 0, limits: 0, network: 0,
  };
  /** The last batch held. */
  have = 0;

  /** Take a batch; return whether batches before it were missed. */
  apply(batch: Batch): boolean {
    for (const row of batch.rows) this.upsert(row);
    const missed = batch.seq > this.have + 1;
    this.have = Math.max(this.have, batch.seq);
    return missed;
  }

  /** The family keys in their order: those announced, then any other that appears. */
  families(): string[] {
    const known = [...(this.about?.models ?? [])];
    const seen = new Set(known);
    for (const trial of this.trials.values()) {
      if (!seen.has(trial.model)) {
        seen.add(trial.model);
        known.push(trial.model);
      }
    }
    return known;
  }

  /** The place of a family, by which its mark is known; MEAN where it is none but an ensemble. */
  place(model: string): number {
    const isMean = (name: string) => name === ENSEMBLE && !this.about?.models.includes(name);
    return isMean(model) ? MEAN : this.families().filter((name) => !isMean(name)).indexOf(model);
  }

  private upsert(row: Row): void {
    if (row.kind === "about") this.about = row;
    else if (row.kind === "status") this.status = row;
    else if (row.kind === "trial") this.trials.set(row.id, row);
    else if (row.kind === "parameter") this.parameters.set(row.label, row);
    else if (row.kind === "note") this.notes.set(row.id, row);
    else if (row.kind === "space") this.space = row;
    else if (row.kind === "check") this.check = row;
    else if (row.kind === "code") this.code = row;
    else if (row.kind === "gone") this.forget(row.labels);
    else if (row.kind === "importance") this.importance = row;
    else if (row.kind === "insight") this.insight = row;
    else if (row.kind === "columns") this.columns = row;
    else if (row.kind === "pipeline") this.pipelines.set(row.trial, row);
    else if (row.kind === "learning") this.curves.set(row.trial, row);
    else if (row.kind === "size") this.sizes.set(row.trial, row);
    else if (row.kind === "limits") this.limits = row;
    else if (row.kind === "network") this.networks.set(row.trial, row);
    else if (row.kind === "player") this.player = row;
    else if (row.kind === "clear") return this.clear();
    else return;
    this.revision[row.kind] += 1;
  }

  private forget(labels: string[]): void {
    labels.forEach((label) => this.parameters.delete(label));
    this.revision.parameter += 1;
  }

  /** Forget every row; the counts go on, so that all is drawn anew. */
  private clear(): void {
    this.about = this.status = this.player = this.space = this.check = this.importance = this.insight = this.columns = this.code = this.limits = null;
    for (const rows of [this.trials, this.parameters, this.notes, this.pipelines, this.curves, this.sizes, this.networks]) rows.clear();
    for (const kind of Object.keys(this.revision) as Kind[]) this.revision[kind] += 1;
  }
}

/** Whether what came over the wire is a batch. */
export function isBatch(content: unknown): content is Batch {
  const batch = content as Partial<Batch> | null;
  return typeof batch === "object" && batch !== null && Array.isArray(batch.rows) && typeof batch.seq === "number";
}
