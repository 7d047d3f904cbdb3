// The pictures of a race as SVG: step lines with bands, dots, and the plane of a test function. Text is text.
import { svg } from "./dom";
import { colour, dash, text, ticksOf } from "./drawing";
import * as format from "./format";
import { glyphAt } from "./marks";
import type { PlaneRow, RunnerRow } from "./protocol";
import type { Range } from "./range";

export interface Frame {
  width: number;
  height: number;
  trials: number;
  range: Range;
}

interface Place {
  x(trial: number): number;
  y(score: number): number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

type Curve = readonly (number | null)[];

/** Return the overlay: the best so far of every searcher, with its band. */
export function overlay(runners: RunnerRow[], frame: Frame, minimum: number | null): SVGElement {
  const place = placed(frame, { left: 52, bottom: 30 });
  const root = picture(frame, "Best so far of every searcher, trial by trial");
  root.append(...axes(frame, place, true));
  if (minimum !== null && minimum >= frame.range.low) {
    root.append(svg("line", { class: "am-race-minimum", x1: place.left, x2: place.right, y1: place.y(minimum), y2: place.y(minimum) }));
  }
  for (const runner of runners) if (runner.runs > 1) root.append(bandOf(runner, place));
  for (const runner of runners) root.append(...lineOf(runner, place, 2));
  return root;
}

/** Return the small picture of one searcher: the trials of this repeat as marks, its best so far as a line. */
export function alone(runner: RunnerRow, frame: Frame): SVGElement {
  const place = placed(frame, { left: 44, bottom: 20 });
  const root = picture(frame, `${runner.name}: trials of this repeat and best so far`);
  root.append(...axes(frame, place, false));
  runner.dots.forEach((score, at) => {
    if (score === null) return;
    const y = Math.min(place.bottom, Math.max(place.top, place.y(score)));
    root.append(glyphAt(runner.place, place.x(at + 1), y, 2.6, "am-race-dot"));
  });
  root.append(...lineOf(runner, place, 1.8));
  return root;
}

/** Return the plane of a test function with what one searcher has looked at in this repeat: late marks are darker. */
export function plane(runner: RunnerRow, row: PlaneRow, frame: Frame): SVGElement {
  const place = placed(frame, { left: 30, bottom: 20 });
  const at = ([x, y]: readonly number[]): [number, number] => [
    place.left + (x ?? 0) * (place.right - place.left),
    place.bottom - (y ?? 0) * (place.bottom - place.top),
  ];
  const root = picture(frame, `${runner.name}: where it has looked in this repeat`);
  for (const line of row.contours) root.append(svg("path", { class: "am-race-contour", d: polyline(line.map(at)) }));
  root.append(svg("rect", { class: "am-race-frame", x: place.left, y: place.top, width: place.right - place.left, height: place.bottom - place.top }));
  for (const [x, y] of row.valleys.map(at)) root.append(svg("path", { class: "am-race-valley", d: `M${x - 5} ${y}H${x + 5}M${x} ${y - 5}V${y + 5}` }));
  runner.looked.forEach((point, number) => {
    const [x, y] = at(point);
    const mark = glyphAt(runner.place, x, y, 3, "am-race-looked");
    mark.setAttribute("opacity", (0.3 + (0.7 * (number + 1)) / runner.looked.length).toFixed(2));
    root.append(mark);
  });
  const [low, high, under, over] = row.reach;
  root.append(
    text(place.left, frame.height - 6, format.number(low ?? 0), "start"),
    text((place.left + place.right) / 2, frame.height - 6, row.across, "middle"),
    text(place.right, frame.height - 6, format.number(high ?? 1), "end"),
    text(place.left - 5, place.bottom, format.number(under ?? 0), "end"),
    text(place.left - 5, (place.top + place.bottom) / 2, row.up, "end"),
    text(place.left - 5, place.top + 8, format.number(over ?? 1), "end"),
  );
  return root;
}

/** Return a step line through the values that are there, one a trial, each held until the next. */
export function steps(values: Curve, x: (trial: number) => number, y: (score: number) => number): string {
  let path = "";
  values.forEach((value, place) => {
    if (value === null) return;
    path += path === "" ? `M${x(place + 1).toFixed(1)} ${y(value).toFixed(1)}` : `H${x(place + 1).toFixed(1)}V${y(value).toFixed(1)}`;
  });
  return path;
}

function bandOf(runner: RunnerRow, place: Place): SVGElement {
  const [first, last] = [runner.low.findIndex((value) => value !== null), runner.low.length];
  const upper = steps(runner.high, place.x, place.y);
  let back = "";
  for (let at = last - 1; at >= Math.max(0, first); at -= 1) {
    const value = runner.low[at];
    if (value === null || value === undefined) continue;
    back += at === last - 1 ? `L${place.x(at + 1).toFixed(1)} ${place.y(value).toFixed(1)}` : `V${place.y(value).toFixed(1)}H${place.x(at + 1).toFixed(1)}`;
  }
  return svg("path", { class: "am-race-band", fill: colour(runner.place), d: upper === "" ? "" : `${upper}${back}Z` });
}

function lineOf(runner: RunnerRow, place: Place, width: number): SVGElement[] {
  const line = svg("path", {
    class: "am-race-line",
    stroke: colour(runner.place),
    "stroke-width": width,
    "stroke-dasharray": dash(runner.place),
    d: steps(runner.middle, place.x, place.y),
  });
  const end = runner.middle.length;
  const value = runner.middle[end - 1] ?? null;
  return value === null ? [line] : [line, glyphAt(runner.place, place.x(end), place.y(value), 4.5, "am-race-end")];
}

function axes(frame: Frame, place: Place, isLarge: boolean): SVGElement[] {
  const rows = ticksOf(frame.range, isLarge ? 6 : 3).flatMap((tick) => [
    svg("line", { class: "am-svg-grid", x1: place.left, x2: place.right, y1: place.y(tick), y2: place.y(tick) }),
    text(place.left - 6, place.y(tick) + 4, format.number(tick), "end"),
  ]);
  const whole = ticksOf({ low: 1, high: frame.trials }, isLarge ? 10 : 4).filter(Number.isInteger);
  const columns = whole.map((tick) => text(place.x(tick), place.bottom + 15, String(tick), "middle"));
  return isLarge ? [...rows, ...columns, text((place.left + place.right) / 2, frame.height - 2, "trial", "middle")] : [...rows, ...columns];
}

function placed(frame: Frame, margin: { left: number; bottom: number }): Place {
  const [left, right, top, bottom] = [margin.left, frame.width - 10, 8, frame.height - margin.bottom];
  const span = frame.range.high - frame.range.low || 1;
  return {
    left, right, top, bottom,
    x: (trial) => left + ((trial - 1) / Math.max(1, frame.trials - 1)) * (right - left),
    y: (score) => Math.min(bottom, Math.max(top, bottom - ((score - frame.range.low) / span) * (bottom - top))),
  };
}

function picture(frame: Frame, label: string): SVGElement {
  return svg("svg", { class: "am-race-picture", role: "img", "aria-label": label, width: frame.width, height: frame.height, viewBox: `0 0 ${frame.width} ${frame.height}` });
}

function polyline(points: [number, number][]): string {
  return points.map(([x, y], place) => `${place === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}
