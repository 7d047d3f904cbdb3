// A line of the log.
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

export function line(key: string, at: number, kind: LogKind, text: string, trial: number | null, warning = false): LogLine {
  return { key, at, kind, text, trial, warning };
}
