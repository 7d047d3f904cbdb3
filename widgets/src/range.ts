// What the curve's axes show.
import type { AboutRow } from "./protocol";

export interface Range {
  low: number;
  high: number;
}

const WHISKER = 2; // quartile distances beyond which a bad score is shown as an arrow at the edge
const PAD = 0.08;
const STILL = 0.04; // less than PAD: the best stays inside

function quantile(sorted: number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below]!;
  return low + (place - below) * ((sorted[below + 1] ?? low) - low);
}

/** Return the range of natural scores to show: all good ones, and of the bad ones those that are not far off. */
export function scoreRange(scores: number[], better: AboutRow["better"], line: number | null): Range {
  const finite = scores.filter(Number.isFinite);
  if (line !== null) finite.push(line);
  if (finite.length === 0) return { low: 0, high: 1 };
  const sign = better === "higher" ? 1 : -1;
  const goodness = finite.map((value) => sign * value).sort((a, b) => a - b);
  const top = goodness[goodness.length - 1]!;
  let bottom = goodness[0]!;
  if (goodness.length >= 6) {
    const [first, middle, third] = [quantile(goodness, 0.25), quantile(goodness, 0.5), quantile(goodness, 0.75)];
    bottom = Math.max(bottom, first - WHISKER * Math.max(third - first, (top - middle) / 2));
    if (line !== null && sign * line > bottom - 2 * (top - bottom)) bottom = Math.min(bottom, sign * line);
  }
  const pad = top > bottom ? PAD * (top - bottom) : Math.max(Math.abs(top) * 0.05, 1e-6);
  const ends = [sign * (bottom - pad), sign * (top + pad)];
  return { low: Math.min(...ends), high: Math.max(...ends) };
}

/** Return `held` while it shows nearly what is `wanted`: a picture whose axis moves a little with each trial is restless. */
export function steady(held: Range | null, wanted: Range): Range {
  if (held === null) return wanted;
  const room = STILL * (wanted.high - wanted.low);
  const near = Math.abs(held.low - wanted.low) <= room && Math.abs(held.high - wanted.high) <= room;
  return near ? held : wanted;
}

/** Return how far the axis of trials reaches: in steps, so that it does not move with each trial. */
export function trialRange(last: number, limit: number | null): Range {
  let reach = 10;
  while (reach < last + 1) reach *= 1.5;
  const high = limit === null ? Math.ceil(reach) : Math.min(Math.ceil(reach), Math.max(limit, last + 1));
  return { low: -0.5, high: high - 0.5 };
}
