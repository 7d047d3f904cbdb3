// What pictures in SVG share: text, axes with few round numbers, dashes that tell lines apart where colours do not.
import { svg } from "./dom";
import { COLOURS, glyphAt } from "./marks";
import type { TrialState } from "./protocol";
import type { Range } from "./range";

/** Dashes by family or searcher. */
export const DASHES = ["", "7 4", "8 3 2 3", "2 3", "10 3 2 3 2 3", "1 4"];

export function colour(place: number): string {
  return `var(--am-c${place % COLOURS})`;
}

export function dash(place: number): string {
  return DASHES[place % DASHES.length] || "none";
}

export function text(x: number, y: number, words: string, anchor: "start" | "middle" | "end", name = ""): SVGElement {
  const made = svg("text", { class: `am-svg-text ${name}`.trim(), x: x.toFixed(1), y: y.toFixed(1), "text-anchor": anchor });
  made.textContent = words;
  return made;
}

/** Return the ticks of an axis: few round numbers within the range. */
export function ticksOf(range: Range, most: number): number[] {
  const span = range.high - range.low;
  if (!(span > 0)) return [range.low];
  const rough = span / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((size) => size >= rough) ?? rough;
  const first = Math.ceil(range.low / step - 1e-9);
  const last = Math.floor(range.high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, place) => Number(((first + place) * step).toPrecision(12)));
}

/** Return the ticks of a logarithmic axis: 1, 2 and 5 times the powers of ten, or fewer; round numbers where those are too few. */
export function logTicks(range: Range, most: number): number[] {
  const [first, last] = [Math.floor(Math.log10(range.low)), Math.ceil(Math.log10(range.high))];
  const powers = Array.from({ length: last - first + 1 }, (_, at) => first + at);
  const inside = (value: number) => value >= range.low && value <= range.high;
  for (const times of [[1, 2, 5], [1, 3], [1]]) {
    const found = powers.flatMap((power) => times.map((one) => Number((one * 10 ** power).toPrecision(6)))).filter(inside);
    if (found.length <= most) return found.length >= 2 ? found : ticksOf(range, Math.min(most, 4));
  }
  const step = Math.ceil(powers.length / most);
  return powers.filter((_, at) => at % step === 0).map((power) => Number((10 ** power).toPrecision(6))).filter(inside);
}

/** Where values lie along one side of a picture. */
export interface Ruler {
  at(value: number): number;
  ticks: number[];
}

/** Return the ruler over a range, from one pixel to another; what lies outside is put at its ends. */
export function ruler(range: Range, from: number, to: number, most: number, log = false): Ruler {
  const shown = log ? Math.log : (value: number) => value;
  const [low, high] = [shown(range.low), shown(range.high)];
  return {
    at: (value) => from + Math.min(1, Math.max(0, (shown(value) - low) / (high - low || 1))) * (to - from),
    ticks: log ? logTicks(range, most) : ticksOf(range, most),
  };
}

/** The sides of the plot within a picture. */
export interface Sides {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Return grid, ticks and the name of the lower axis. */
export function frame(sides: Sides, x: Ruler, y: Ruler, name: string, shown: { x(value: number): string; y(value: number): string }): SVGElement[] {
  const rows = y.ticks.flatMap((tick) => [
    svg("line", { class: "am-svg-grid", x1: sides.left, x2: sides.right, y1: y.at(tick), y2: y.at(tick) }),
    text(sides.left - 6, y.at(tick) + 4, shown.y(tick), "end"),
  ]);
  const columns = x.ticks.map((tick) => text(x.at(tick), sides.bottom + 15, shown.x(tick), "middle"));
  return [...rows, ...columns, text((sides.left + sides.right) / 2, sides.bottom + 31, name, "middle")];
}

export function picture(width: number, height: number, label: string, name: string): SVGElement {
  return svg("svg", { class: name, role: "img", "aria-label": label, width, height, viewBox: `0 0 ${width} ${height}` });
}

/** Return the mark of a trial: full when it is done, hollow when it was ended before, dashed while it waits, faint while it runs. */
export function markOf(state: TrialState, family: number, x: number, y: number, radius: number): SVGElement {
  if (state === "failed") {
    const [left, right, top, bottom] = [x - radius, x + radius, y - radius, y + radius].map((one) => one.toFixed(1));
    return svg("path", { class: "am-sign-failed", d: `M${left} ${top}L${right} ${bottom}M${left} ${bottom}L${right} ${top}` });
  }
  const mark = glyphAt(family, x, y, radius, `am-mark am-mark-${state}`);
  mark.setAttribute("stroke", state === "done" ? "var(--am-background)" : colour(family));
  return mark;
}

/** Return the arrow at the edge of a picture of a trial whose score lies beyond it, `down` or up. */
export function farMark(family: number, x: number, y: number, down: boolean): SVGElement {
  const [tip, back] = down ? [y, y - 9] : [y, y + 9];
  const barb = tip + (back - tip) * 0.4;
  return svg("path", { class: "am-far", stroke: colour(family), d: `M${x.toFixed(1)} ${back}V${tip}M${(x - 3.5).toFixed(1)} ${barb}L${x.toFixed(1)} ${tip}L${(x + 3.5).toFixed(1)} ${barb}` });
}

/** Return the mark of a trial at its score, or the arrow where that lies beyond the picture. */
export function markAt(trial: { state: TrialState }, score: number, range: Range, family: number, x: number, y: number, radius: number): SVGElement {
  return score < range.low ? farMark(family, x, y, true) : score > range.high ? farMark(family, x, y, false) : markOf(trial.state, family, x, y, radius);
}

/** Return how far a point is from a line through points, in px. */
export function distanceTo(points: readonly (readonly [number, number])[], x: number, y: number): number {
  let least = Infinity;
  points.forEach(([endX, endY], at) => {
    const [startX, startY] = points[Math.max(0, at - 1)]!;
    const [alongX, alongY] = [endX - startX, endY - startY];
    const share = Math.min(1, Math.max(0, ((x - startX) * alongX + (y - startY) * alongY) / (alongX ** 2 + alongY ** 2 || 1)));
    least = Math.min(least, Math.hypot(startX + share * alongX - x, startY + share * alongY - y));
  });
  return least;
}
