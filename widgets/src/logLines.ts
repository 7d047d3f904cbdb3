// The lines of the log, made from the rows that the view has anyway.
import * as format from "./format";
import { ENSEMBLE } from "./marks";
import type { NoteRow, TrialRow } from "./protocol";
import type { Store } from "./store";

export type LogKind = "trial" | "failed" | "steering" | "note";

export interface LogLine {
  key: string;
  at: number;
  kind: LogKind;
  text: string;
  /** The trial that the line is about. */
  trial: number | null;
  warning: boolean;
}

/** Return every event worth a line, the newest first. */
export function logLines(store: Store): LogLine[] {
  const metric = store.about?.metric ?? "score";
  const lines = [...store.notes.values()].map(noteLine);
  for (const trial of store.trials.values()) lines.push(...trialLines(trial, metric));
  if (store.status?.state === "ended") lines.push(line("ended", Math.max(store.status.elapsed, ...lines.map((one) => one.at)), "note", store.status.line, null));
  return lines.sort((a, b) => b.at - a.at || order(b) - order(a));
}

function line(key: string, at: number, kind: LogKind, text: string, trial: number | null, warning = false): LogLine {
  return { key, at, kind, text, trial, warning };
}

function noteLine(note: NoteRow): LogLine {
  const acted = note.edit || note.who !== null;
  return line(`n${note.id}`, note.at, acted ? "steering" : "note", note.text, null, note.level === "warning");
}

function trialLines(trial: TrialRow, metric: string): LogLine[] {
  const name = format.trialName(trial);
  const found = [line(`s${trial.id}`, trial.started, "trial", trial.origin === ENSEMBLE ? `${name}: made of the trials` : `${name}: started, proposed by ${trial.origin}`, trial.id)];
  if (trial.ended === null) return found;
  const score = trial.score === null ? "" : `, ${metric} ${format.score(trial.score)}`;
  const why = trial.reason === null ? "" : ` (${trial.reason})`;
  const kind = trial.state === "done" ? "trial" : "failed";
  found.push(line(`e${trial.id}`, trial.ended, kind, `${name}: ${trial.state}${score} in ${format.seconds(trial.seconds)} s${why}`, trial.id));
  return found;
}

/** At one moment: starts first, then ends, then what was said, then the end of the run. */
function order(one: LogLine): number {
  return "sen".indexOf(one.key[0]!) + (one.key === "ended" ? 10 : 0) + (one.trial ?? 0) * 1e-6;
}
