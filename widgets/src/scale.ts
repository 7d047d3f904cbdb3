// Between a number's value and the place of a slider's thumb.
import type { ParameterRow } from "./protocol";

export interface Scale {
  low: number;
  high: number;
  log: boolean;
  whole: boolean;
}

export const STEPS = 1000;

export function scaleOf(row: ParameterRow): Scale {
  const [low, high] = [row.full_low ?? 0, row.full_high ?? 1];
  return { low, high, log: row.log && low > 0, whole: row.type === "int" };
}

/** Return the place of a value, 0 to STEPS. */
export function placeOf(scale: Scale, value: number): number {
  if (scale.high <= scale.low) return 0;
  const share = scale.log
    ? Math.log(value / scale.low) / Math.log(scale.high / scale.low)
    : (value - scale.low) / (scale.high - scale.low);
  return STEPS * Math.min(1, Math.max(0, share));
}

/** Return the value at a place; the ends are exact. */
export function valueAt(scale: Scale, place: number): number {
  if (place <= 0) return scale.low;
  if (place >= STEPS) return scale.high;
  const share = place / STEPS;
  const value = scale.log ? scale.low * (scale.high / scale.low) ** share : scale.low + share * (scale.high - scale.low);
  return clamp(scale, value);
}

/** Return a value that the scale has: whole where it must be, three significant digits, within the ends. */
export function clamp(scale: Scale, value: number): number {
  const tidy = scale.whole ? Math.round(value) : Number(value.toPrecision(3));
  return Math.min(scale.high, Math.max(scale.low, tidy));
}

/** Return the value `steps` hundredths of the scale further on, at least the next whole number. */
export function moved(scale: Scale, value: number, steps: number): number {
  const next = valueAt(scale, placeOf(scale, value) + (STEPS / 100) * steps);
  return scale.whole && next === value ? clamp(scale, value + Math.sign(steps)) : next;
}
