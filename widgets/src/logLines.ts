// The lines of the log, made from the rows that the view has anyway.
import * as format from "./format";
import { line, type LogLine } from "./logLine";
import type { NoteRow, TrialRow } from "./protocol";
import { rungLines, wasLeft } from "./rungLines";
import type { Store } from "./store";

/** Return every event worth a line, the newest first. */
export function logLines(store: Store): LogLine[] {
  const metric = store.about?.metric ?? "score";
  const lines = [...store.notes.values()].map(noteLine);
  for (const trial of store.trials.values()) lines.push(...trialLines(trial, metric));
  lines.push(...rungLines([...store.trials.values()], metric, store.about?.better ?? "higher"));
  if (store.status?.state === "ended") lines.push(line("ended", Math.max(store.status.elapsed, ...lines.map((one) => one.at)), "note", store.status.line, null));
  return lines.sort((a, b) => b.at - a.at || order(b) - order(a));
}

function noteLine(note: NoteRow): LogLine {
  const acted = note.edit || note.who !== null;
  return line(`n${note.id}`, note.at, acted ? "steering" : "note", note.text, null, note.level === "warning");
}

function trialLines(trial: TrialRow, metric: string): LogLine[] {
  const name = `Trial ${trial.id}, ${trial.model}`;
  const found = [line(`s${trial.id}`, trial.started, "trial", `${name}: started, proposed by ${trial.origin}`, trial.id)];
  if (trial.ended === null || wasLeft(trial)) return found;
  const score = trial.score === null ? "" : `, ${metric} ${format.score(trial.score)}`;
  const why = trial.reason === null ? "" : ` (${trial.reason})`;
  const kind = trial.state === "done" ? "trial" : "failed";
  found.push(line(`e${trial.id}`, trial.ended, kind, `${name}: ${trial.state}${score} in ${format.seconds(trial.seconds)} s${why}`, trial.id));
  return found;
}

/** At one moment: starts first, then pauses, promotions, ends, what was said, and the end of the run. */
function order(one: LogLine): number {
  return "spglen".indexOf(one.key[0]!) + (one.key === "ended" ? 10 : 0) + (one.trial ?? 0) * 1e-6;
}
