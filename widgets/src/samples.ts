// Rows for tests.
import type { AboutRow, Batch, Message, NoteRow, ParameterRow, SpaceRow, StatusRow, TrialRow } from "./protocol";
import type { Model } from "./link";

export function about(own: Partial<AboutRow> = {}): AboutRow {
  return {
    kind: "about", run: "calm_heron", title: "survived", metric: "ROC AUC", better: "higher", task: "Two classes.",
    models: ["hist_gb", "linear"], baseline: 0.8, searcher: "tpe", repeatable: "yes", ...own,
  };
}

export function trial(id: number, score: number | null, own: Partial<TrialRow> = {}): TrialRow {
  return {
    kind: "trial", id, model: "hist_gb", origin: "tpe", hidden: false, state: "done", score, spread: 0.01, seconds: 1,
    folds: 5, of: 5, params: { "hist_gb.learning_rate": 0.1 }, reason: null, rung: 1, rungs: 1, turns: [], started: id, ended: id + 1, costs: "", ...own,
  };
}

export function status(own: Partial<StatusRow> = {}): StatusRow {
  return {
    kind: "status", state: "running", done: 4, running: 1, paused: 0, pruned: 0, failed: 0, elapsed: 10, seconds: null, trials: 10,
    best: null, line: "4 of 10 trials", ...own,
  };
}

export function parameter(label: string, own: Partial<ParameterRow> = {}): ParameterRow {
  return {
    kind: "parameter", label, type: "float", low: 0.01, high: 1, log: true, options: [], full_low: 0.01, full_high: 1,
    full_options: [], model: null, order: 0, ...own,
  };
}

export function choice(label: string, options: ParameterRow["options"], own: Partial<ParameterRow> = {}): ParameterRow {
  return parameter(label, { type: "choice", low: null, high: null, full_low: null, full_high: null, log: false, options, full_options: options, ...own });
}

export function note(id: number, text: string, own: Partial<NoteRow> = {}): NoteRow {
  return { kind: "note", id, text, level: "info", edit: false, who: null, trial: 0, at: 0, ...own };
}

/** A kernel's stand-in: keeps what is sent, and pushes batches. */
export class FakeModel implements Model {
  readonly sent: Message[] = [];
  private readonly callbacks = new Set<(content: unknown) => void>();
  private seq = 0;

  send(content: Message): void {
    this.sent.push(content);
  }
  on(_: "msg:custom", callback: (content: unknown) => void): void {
    this.callbacks.add(callback);
  }
  off(_: "msg:custom", callback: (content: unknown) => void): void {
    this.callbacks.delete(callback);
  }
  push(rows: Batch["rows"], seq = this.seq + 1): void {
    this.seq = seq;
    this.raw({ rows, seq });
  }
  raw(content: unknown): void {
    this.callbacks.forEach((callback) => callback(content));
  }
  get listeners(): number {
    return this.callbacks.size;
  }
}

export function space(own: Partial<SpaceRow> = {}): SpaceRow {
  return { kind: "space", size: "2 families, 3 parameters: about 2 million combinations", share: 0, rules: [], undo: 0, ...own };
}
