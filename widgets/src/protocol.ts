// Generated from automl_magic/notebook/protocol.py by widgets/generate_protocol.py. Do not edit.

export type Scalar = null | boolean | number | string;

export type RunState = "starting" | "running" | "paused" | "stopping" | "ended";

export type TrialState = "running" | "paused" | "done" | "pruned" | "failed" | "stopped";

/** What the run is; scores are in the metric's natural sign. There is one such row. */
export interface AboutRow {
  kind: "about";
  run: string;
  title: string;
  metric: string;
  better: "higher" | "lower";
  task: string;
  models: string[];
  baseline: number | null;
  searcher: string;
  repeatable: string;
}

/** One trial, by id. A running trial has the mean of the folds so far; a hidden one is a line to beat. */
export interface TrialRow {
  kind: "trial";
  id: number;
  model: string;
  origin: string;
  hidden: boolean;
  state: TrialState;
  score: number | null;
  spread: number | null;
  seconds: number;
  folds: number;
  of: number;
  params: Record<string, Scalar>;
  reason: string | null;
}

/** Where the run stands. `seconds` and `trials` are its limits, `line` says all of it in one sentence. */
export interface StatusRow {
  kind: "status";
  state: RunState;
  done: number;
  running: number;
  pruned: number;
  failed: number;
  elapsed: number;
  seconds: number | null;
  trials: number | null;
  best: number | null;
  line: string;
}

/** One parameter, by label: what may be tried now, and what was declared (full_…). `model` is its family or null. */
export interface ParameterRow {
  kind: "parameter";
  label: string;
  type: "float" | "int" | "choice";
  low: number | null;
  high: number | null;
  log: boolean;
  options: Scalar[];
  full_low: number | null;
  full_high: number | null;
  full_options: Scalar[];
  model: string | null;
  order: number;
}

/** A sentence for the person, by id; `trial` had started last by then, `edit` says that the space changed. */
export interface NoteRow {
  kind: "note";
  id: number;
  text: string;
  level: "info" | "warning";
  edit: boolean;
  trial: number;
}

/** Where a recording stands: seconds of the run, `length` of them in all. Only a replay has one. */
export interface PlayerRow {
  kind: "player";
  position: number;
  length: number;
  speed: number;
  playing: boolean;
}

/** Forget every row: a recording was set back, and what follows is all there is. */
export interface ClearRow {
  kind: "clear";
}

/** What the kernel sends: rows to upsert, and the number of the batch, one more than that of the last. */
export interface Batch {
  rows: Row[];
  seq: number;
}

/** The view is there, or has missed something; `have` is the last batch that it holds. Send it every row. */
export interface ReadyMessage {
  kind: "ready";
  have: number;
}

/** Stop, pause or continue the run. */
export interface PlainMessage {
  kind: "stop" | "pause" | "continue";
}

/** End one running trial; null means the oldest. */
export interface SkipMessage {
  kind: "skip";
  trial: number | null;
}

/** Set the bounds of a number. */
export interface NarrowMessage {
  kind: "narrow";
  label: string;
  low: number;
  high: number;
}

/** Keep these options of a choice. */
export interface ChooseMessage {
  kind: "choose";
  label: string;
  options: Scalar[];
}

/** Give a parameter its declared range back. */
export interface ResetMessage {
  kind: "reset";
  label: string;
}

/** Go to a second of a recording. */
export interface SeekMessage {
  kind: "seek";
  position: number;
}

/** Play a recording so many times as fast as it was. */
export interface SpeedMessage {
  kind: "speed";
  value: number;
}

export type Row = AboutRow | TrialRow | StatusRow | ParameterRow | NoteRow | PlayerRow | ClearRow;

export type Message = ReadyMessage | PlainMessage | SkipMessage | NarrowMessage | ChooseMessage | ResetMessage | SeekMessage | SpeedMessage;
