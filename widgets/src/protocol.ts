// Generated from automl_magic/notebook/protocol.py by widgets/generate_protocol.py. Do not edit.

export type Scalar = null | boolean | number | string;

export type RunState = "starting" | "running" | "paused" | "stopping" | "ended";

export type TrialState = "running" | "paused" | "done" | "pruned" | "failed" | "stopped";

export type Stage = "data preparation" | "feature engineering" | "model" | "evaluation";

/** The validation score after an epoch, the first is 1; null where it was not finite. */
export interface CurvePoint {
  epoch: number;
  score: number | null;
}

/** How a network learned, by trial: scores are in the metric's natural sign. `why` its line ends, once it does. */
export interface CurveRow {
  kind: "learning";
  trial: number;
  points: CurvePoint[];
  why: string | null;
}

/** How large a network is, by trial, and how long it takes for one row; null where that was not measured. */
export interface SizeRow {
  kind: "size";
  trial: number;
  parameters: number | null;
  multiply_adds: number | null;
  latency_ms: number | null;
}

/** How many networks were drawn and refused before they were trained, and why. */
export interface Refusal {
  why: string;
  count: number;
}

/** The most that a network may be, null where there is no limit, and what was refused. There is one such row. Only a search over networks has one. */
export interface LimitsRow {
  kind: "limits";
  parameters: number | null;
  multiply_adds: number | null;
  latency_ms: number | null;
  memory_mb: number | null;
  refused: Refusal[];
}

/** A block of a network: its units or channels (`width`, null without), the shape that it gives on, itself in words. `kind` is what it does: "linear", "conv1d", "add". */
export interface NetworkBox {
  id: string;
  label: string;
  kind: string;
  width: number | null;
  shape: number[];
  parameters: number;
  multiply_adds: number;
  text: string;
}

/** A connection between two blocks, by their ids; in a cell the label names the operation on it. */
export interface NetworkArc {
  from: string;
  to: string;
  label: string;
}

/** The blocks of a network and how they are connected, by trial: the answer to network. No boxes: nobody knows. */
export interface NetworkRow {
  kind: "network";
  trial: number;
  title: string;
  boxes: NetworkBox[];
  arcs: NetworkArc[];
}

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

/** A trial paused on a rung with a score, or was sent on to one (no pause). The lowest rung is 1. */
export interface TurnRow {
  pause: boolean;
  rung: number;
  at: number;
  score: number | null;
}

/** One trial, by id. A running trial has the mean of the folds so far. A hidden one is no trial of the search: a line to beat, or an ensemble, whose id is negative. `rung` is the highest that it has reached, of `rungs`; where none pauses both are 1. `started` and `ended` are seconds on the run's clock. `costs` says in words what its result would cost whoever uses it, where that was measured. */
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
  rung: number;
  rungs: number;
  turns: TurnRow[];
  started: number;
  ended: number | null;
  costs: string;
}

/** Where the run stands. `seconds` and `trials` are its limits, `line` says all of it in one sentence. `done` trials have ended, however they did; `paused` ones wait on a rung. */
export interface StatusRow {
  kind: "status";
  state: RunState;
  done: number;
  running: number;
  paused: number;
  pruned: number;
  failed: number;
  elapsed: number;
  seconds: number | null;
  trials: number | null;
  best: number | null;
  line: string;
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

/** A sentence for the person, by id; `trial` had started last by then, `edit` says that the space changed. `who` acted on the run, by an edit or otherwise; null where nobody did. `at` is in seconds on the run's clock. */
export interface NoteRow {
  kind: "note";
  id: number;
  text: string;
  level: "info" | "warning";
  edit: boolean;
  who: string | null;
  trial: number;
  at: number;
}

/** How much a parameter mattered, of 1 for all of its group. */
export interface ParameterShare {
  label: string;
  share: number;
}

/** What mattered among the trials of a family, or of all (null); `trials` of them are done. */
export interface ImportanceGroup {
  model: string | null;
  trials: number;
  values: ParameterShare[];
}

/** Which parameters mattered. There is one such row, once enough trials are done. */
export interface ImportanceRow {
  kind: "importance";
  trials: number;
  groups: ImportanceGroup[];
}

/** How much of what is explained lies in two parameters together. */
export interface PairShare {
  one: string;
  other: string;
  share: number;
}

/** New bounds of a number, or the options that a choice keeps (its bounds are null), and the code that does it. `kept` is the share of good points that it is expected to keep, `cut` that of the range or the options it takes. */
export interface ProposedNarrowing {
  label: string;
  low: number | null;
  high: number | null;
  options: Scalar[];
  kept: number;
  cut: number;
  code: string;
}

/** What was found among the trials of a family, or of all (null): of `parameters`, those in `matter` matter. */
export interface InsightGroup {
  model: string | null;
  trials: number;
  parameters: number;
  matter: ParameterShare[];
  pairs: PairShare[];
  told: number;
  narrowings: ProposedNarrowing[];
}

/** How many parameters matter, which act together, where to narrow: the answer to insight. */
export interface InsightRow {
  kind: "insight";
  trials: number;
  groups: InsightGroup[];
}

/** What the score loses when a column, or the columns of a group together, are shuffled; above 0 it gets worse. `low` and `high` are its 95 % interval, null where there is no telling. `inside`: a column of the group before it. */
export interface ColumnWorth {
  columns: string[];
  loss: number;
  low: number | null;
  high: number | null;
  inside: boolean;
}

/** Which columns the result needs. There is one such row, once that was measured; `of` columns in all. */
export interface ColumnsRow {
  kind: "columns";
  folds: number;
  repeats: number;
  rows: number;
  of: number;
  values: ColumnWorth[];
}

/** A step of a pipeline under the name of its stage, in words. */
export interface PipelineStep {
  stage: Stage;
  name: string;
  text: string;
}

/** The steps of one trial, by trial: the answer to describe. */
export interface PipelineRow {
  kind: "pipeline";
  trial: number;
  steps: PipelineStep[];
}

/** A rule of the space, and the share of the space that it cuts off by itself; null where it is not known. */
export interface RuleShare {
  text: string;
  share: number | null;
}

/** The space as a whole, there is one such row: its size in words, its rules, the share that they cut off. `undo` edits can be taken back. */
export interface SpaceRow {
  kind: "space";
  size: string;
  share: number | null;
  rules: RuleShare[];
  undo: number;
}

/** What a rule that is being typed would do: what is wrong with it, or the share of the space that it cuts off. */
export interface CheckRow {
  kind: "check";
  text: string;
  error: string | null;
  share: number | null;
}

/** Parameters that are no more, by label: a space of another template has taken the place of theirs. */
export interface GoneRow {
  kind: "gone";
  labels: string[];
}

/** The code that makes the space; `text` is empty where none was asked for. `run`: the kernel can run it. `said` is what came of the last request, in words. */
export interface CodeRow {
  kind: "code";
  text: string;
  run: boolean;
  said: string;
}

/** What the kernel sends: rows to upsert, and the number of the batch, one more than that of the last. */
export interface Batch {
  rows: Row[];
  seq: number;
}

/** A race: what is raced on, where it stands in one sentence, and who won as far as that can be said. */
export interface RaceRow {
  kind: "race";
  title: string;
  metric: string;
  better: "higher" | "lower";
  repeat: number;
  repeats: number;
  state: RunState;
  line: string;
  verdict: string[];
  minimum: number | null;
}

/** One searcher of a race, by place. Curves hold a value a trial; `dots` and `looked` are those of this repeat. */
export interface RunnerRow {
  kind: "runner";
  place: number;
  name: string;
  made: number;
  of: number | null;
  best: number | null;
  runs: number;
  middle: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
  dots: (number | null)[];
  looked: number[][];
}

/** A test function of two numbers: its contours and valleys as points within 0 to 1, and what the axes are. */
export interface PlaneRow {
  kind: "plane";
  across: string;
  up: string;
  reach: number[];
  contours: number[][][];
  valleys: number[][];
}

/** What the kernel sends of a race: rows to upsert, and the number of the batch. */
export interface RaceBatch {
  rows: (RaceRow | RunnerRow | PlaneRow)[];
  seq: number;
}

/** The view is there, or has missed something; `have` is the last batch that it holds. Send it every row. */
export interface ReadyMessage {
  kind: "ready";
  have: number;
}

/** Stop, pause or continue the run; take the last edit of the space back; work out which parameters act together. */
export interface PlainMessage {
  kind: "stop" | "pause" | "continue" | "undo" | "insight";
}

/** Send the code that makes the space; or run it. */
export interface CodeMessage {
  kind: "copy" | "run";
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

/** Give a parameter one value. */
export interface FixMessage {
  kind: "fix";
  label: string;
  value: Scalar;
}

/** Add a rule, take it away, or ask what it would do. */
export interface RuleMessage {
  kind: "rule" | "unrule" | "check";
  text: string;
}

/** Lengthen the run. */
export interface AddTimeMessage {
  kind: "add_time";
  seconds: number;
}

/** Try this configuration next; labels that it lacks take their defaults. */
export interface EnqueueMessage {
  kind: "enqueue";
  config: Record<string, Scalar>;
}

/** Tell the steps of a trial, or the blocks of its network. */
export interface DescribeMessage {
  kind: "describe" | "network";
  trial: number;
}

export type Row = AboutRow | TrialRow | StatusRow | ParameterRow | NoteRow | SpaceRow | CheckRow | GoneRow | CodeRow | ImportanceRow | InsightRow | ColumnsRow | PipelineRow | CurveRow | SizeRow | LimitsRow | NetworkRow | PlayerRow | ClearRow;

export type Message = ReadyMessage | PlainMessage | CodeMessage | SeekMessage | SpeedMessage | SkipMessage | NarrowMessage | ChooseMessage | ResetMessage | FixMessage | RuleMessage | AddTimeMessage | EnqueueMessage | DescribeMessage;
