// Numbers, durations and values as a person would write them.
import type { Scalar } from "./protocol";

/** A score: enough digits to tell two good ones apart. */
export function score(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e7)) return minus(value.toPrecision(3));
  const digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4;
  return minus(value.toFixed(digits));
}

/** A number with `digits` significant digits at most and no idle zeros. */
export function number(value: number, digits = 4): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return minus(String(value));
  if (Math.abs(value) < 0.001 || Math.abs(value) >= 1e7) return minus(value.toExponential(digits - 2).replace(/\.?0+e/, "e").replace("e+", "e"));
  return minus(String(Number(value.toPrecision(digits))));
}

/** A whole number with its thousands set apart: "12,345". */
export function count(value: number): string {
  return value.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A large number in short: "12k", "3.5M". */
export function compact(value: number): string {
  const [size, sign] = value >= 1e9 ? [1e9, "G"] : value >= 1e6 ? [1e6, "M"] : value >= 1e3 ? [1e3, "k"] : [1, ""];
  return `${number(value / size, 3)}${sign}`;
}

/** A duration: "8 s", "2 min 5 s", "1 h 10 min". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 ? `${minutes} min ${whole % 60} s` : `${minutes} min`;
  return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${Math.floor(minutes / 60)} h`;
}

/** Seconds of one trial. */
export function seconds(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** A parameter's value in Python's words. */
export function value(given: Scalar): string {
  if (given === null) return "None";
  if (given === true) return "True";
  if (given === false) return "False";
  return typeof given === "number" ? number(given) : given;
}

/** A label without the family's name in front. */
export function shortLabel(label: string, model: string | null): string {
  return model !== null && label.startsWith(`${model}.`) ? label.slice(model.length + 1) : label;
}

/** One thing or several: "1 trial", "12 trials". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function minus(text: string): string {
  return text.replace("-", "−").replace("e−", "e-");
}

/** Return what a trial is called. An ensemble has no number. */
export function trialName(trial: { id: number; model: string }): string {
  return trial.id < 0 ? trial.model.charAt(0).toUpperCase() + trial.model.slice(1) : `Trial ${trial.id}, ${trial.model}`;
}

/** Return the number of a trial; an ensemble has none. */
export function trialNumber(trial: { id: number }): string {
  return trial.id < 0 ? "–" : String(trial.id);
}
