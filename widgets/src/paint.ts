// The marks of the curve on uPlot's canvas.
import type uPlot from "uplot";
import { addMark, addStar, COLOURS, colourOf, MEAN, YOU } from "./marks";
import type { Layer } from "./layer";
import type { TrialRow } from "./protocol";
import type { Range } from "./range";

export interface Colours {
  families: string[];
  text: string;
  muted: string;
  grid: string;
  best: string;
  baseline: string;
  failed: string;
  background: string;
}

export interface Scene {
  trials: TrialRow[];
  /** The number of the last trial: what was made of all of them stands behind it. */
  last: number;
  family: Map<string, number>;
  range: Range;
  baseline: number | null;
  better: "higher" | "lower";
  /** What was done to the run, behind which trial, and by whom. */
  acts: { trial: number; who: string }[];
  selected: number | null;
}

/** Return the panel's colours as the canvas needs them. */
export function readColours(panel: Element): Colours {
  const style = getComputedStyle(panel);
  const read = (name: string) => style.getPropertyValue(name).trim() || "gray";
  return {
    families: Array.from({ length: COLOURS }, (_, place) => read(`--am-c${place}`)),
    text: read("--am-text"),
    muted: read("--am-muted"),
    grid: read("--am-grid"),
    best: read("--am-best"),
    baseline: read("--am-baseline"),
    failed: read("--am-failed"),
    background: read("--am-background"),
  };
}

/** Return the size of marks: smaller when there are many. */
export function radiusFor(count: number): number {
  return count > 1500 ? 2.2 : count > 400 ? 3 : count > 120 ? 3.6 : 4.4;
}

/** Return where a trial stands on the axis of trials: an ensemble behind the last one. */
export function columnOf(trial: TrialRow, last: number): number {
  return trial.id < 0 ? last + 1 : trial.id;
}

/** Return where a trial is drawn: in CSS pixels of the plot, and whether it had to be moved to an edge. */
export function place(plot: uPlot, trial: TrialRow, { range, last }: Pick<Scene, "range" | "last">): { x: number; y: number; edge: -1 | 0 | 1 } | null {
  const x = plot.valToPos(columnOf(trial, last), "x");
  const height = plot.bbox.height / (devicePixelRatio || 1);
  if (trial.state === "failed") return { x, y: height - 7, edge: 0 };
  if (trial.score === null) return null;
  if (trial.score < range.low) return { x, y: height - 6, edge: -1 };
  if (trial.score > range.high) return { x, y: 6, edge: 1 };
  return { x, y: plot.valToPos(trial.score, "y"), edge: 0 };
}

/** Draw what lies under the lines: what was done to the run, with who did it, and the line to beat. */
export function paintUnder(plot: uPlot, scene: Scene, colours: Colours): void {
  onPlot(plot, (context, width, height) => {
    context.lineWidth = 1;
    context.strokeStyle = colours.muted;
    context.setLineDash([2, 3]);
    paintActs(context, plot, scene.acts, colours, height);
    if (scene.baseline === null || scene.baseline < scene.range.low || scene.baseline > scene.range.high) return;
    const y = plot.valToPos(scene.baseline, "y");
    context.lineWidth = 1.5;
    context.strokeStyle = colours.baseline;
    context.setLineDash([7, 5]);
    line(context, 0, y, width, y);
  });
}

/** Draw a dotted line for each act; names are left out where they would lie over one another. */
function paintActs(context: CanvasRenderingContext2D, plot: uPlot, acts: Scene["acts"], colours: Colours, height: number): void {
  context.font = `10px ${getComputedStyle(plot.root).fontFamily || "sans-serif"}`;
  context.textBaseline = "top";
  context.textAlign = "left";
  context.fillStyle = colours.muted;
  let free = -Infinity;
  for (const { trial, who } of [...acts].sort((a, b) => a.trial - b.trial)) {
    const x = plot.valToPos(trial + 0.5, "x");
    line(context, x, 0, x, height);
    if (x < free) continue;
    context.fillText(who, x + 3, 1);
    free = x + 3 + context.measureText(who).width + 4;
  }
}

const DASH = [2.2, 1.8]; // of the outline of a trial that waits on a rung

type Style = "full" | "hollow" | "faint" | "dashed";

/** Draw a mark for each trial, the selected one ringed. Those that change no more, since they have ended, are painted once, into `layer`. */
export function paintTrials(plot: uPlot, scene: Scene, colours: Colours, layer: Layer): void {
  const radius = radiusFor(scene.trials.length);
  const stays = (trial: TrialRow) => styleOf(trial) !== "faint" && styleOf(trial) !== "dashed" && trial.origin !== YOU;
  const { left, top, width, height } = plot.bbox;
  const { min, max } = plot.scales.x!;
  const look = JSON.stringify([left, top, width, height, devicePixelRatio, min, max, scene.range, radius, scene.last, [...scene.family], colours]);
  const under = layer.show(plot.ctx.canvas, look, scene.trials.filter(stays), (target, trials) =>
    onPlot(plot, (context) => paintMarks(context, plot, scene, trials, radius, colours), target),
  );
  plot.ctx.drawImage(under, 0, 0);
  onPlot(plot, (context) => {
    paintMarks(context, plot, scene, scene.trials.filter((trial) => !stays(trial)), radius, colours);
    ringSelected(context, plot, scene, radius, colours.text);
  });
}

/** Paint marks; those of one look are one path, the person's own lie on top. */
function paintMarks(context: CanvasRenderingContext2D, plot: uPlot, scene: Scene, trials: TrialRow[], radius: number, colours: Colours): void {
  const paths = new Map<string, { path: Path2D; style: Style; colour: string }>();
  const planted: (() => void)[] = [];
  for (const trial of trials) {
    const at = place(plot, trial, scene);
    if (at === null) continue;
    const family = scene.family.get(trial.model) ?? 0;
    const colour = family === MEAN ? colours.best : colours.families[colourOf(family)]!;
    if (trial.state === "failed") cross(context, at.x, at.y, radius, colours.failed);
    else if (at.edge !== 0) arrow(context, at.x, at.y, at.edge, radius, colour);
    else if (trial.origin === YOU) planted.push(() => star(context, at.x, at.y, radius, styleOf(trial), colour, colours));
    else {
      const style = styleOf(trial);
      const key = `${style} ${family}`;
      const group = paths.get(key) ?? { path: new Path2D(), style, colour };
      paths.set(key, group);
      addMark(group.path, family, at.x, at.y, radius);
    }
  }
  for (const { path, style, colour } of paths.values()) stroke(context, path, style, colour, colours.background);
  planted.forEach((paint) => paint());
}

function styleOf(trial: TrialRow): Style {
  if (trial.state === "running") return "faint";
  if (trial.state === "paused") return "dashed";
  return trial.state === "done" ? "full" : "hollow";
}

/** Draw a point of the person: a star with its name. */
function star(context: CanvasRenderingContext2D, x: number, y: number, radius: number, style: Style, colour: string, colours: Colours): void {
  const path = new Path2D();
  addStar(path, x, y, radius + 4);
  context.globalAlpha = style === "faint" ? 0.5 : 1;
  context.fillStyle = style === "hollow" || style === "dashed" ? colours.background : colour;
  context.fill(path);
  context.lineWidth = 1.4;
  context.strokeStyle = colours.text;
  context.setLineDash(style === "dashed" ? DASH : []);
  context.stroke(path);
  context.setLineDash([]);
  context.globalAlpha = 1;
  context.font = "600 11px sans-serif";
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.fillStyle = colours.text;
  context.fillText(YOU, x + radius + 7, y);
}

function ringSelected(context: CanvasRenderingContext2D, plot: uPlot, scene: Scene, radius: number, colour: string): void {
  const trial = scene.trials.find((one) => one.id === scene.selected);
  const at = trial === undefined ? null : place(plot, trial, scene);
  if (at === null) return;
  context.beginPath();
  context.arc(at.x, at.y, radius + 4, 0, 2 * Math.PI);
  context.lineWidth = 1.8;
  context.strokeStyle = colour;
  context.stroke();
}

function onPlot(
  plot: uPlot,
  draw: (context: CanvasRenderingContext2D, width: number, height: number) => void,
  target: CanvasRenderingContext2D = plot.ctx,
): void {
  const ratio = devicePixelRatio || 1;
  const { left, top, width, height } = plot.bbox;
  target.save();
  target.beginPath();
  target.rect(left, top, width, height);
  target.clip();
  target.translate(left, top);
  target.scale(ratio, ratio);
  draw(target, width / ratio, height / ratio);
  target.restore();
}

function stroke(context: CanvasRenderingContext2D, path: Path2D, style: Style, colour: string, background: string): void {
  context.globalAlpha = style === "faint" ? 0.4 : 1;
  const isOutline = style === "hollow" || style === "dashed";
  context.fillStyle = isOutline ? background : colour;
  context.fill(path);
  context.lineWidth = isOutline ? 1.4 : 0.8;
  context.strokeStyle = isOutline ? colour : background;
  context.setLineDash(style === "dashed" ? DASH : []);
  context.stroke(path);
  context.setLineDash([]);
  context.globalAlpha = 1;
}

function cross(context: CanvasRenderingContext2D, x: number, y: number, radius: number, colour: string): void {
  context.lineWidth = 1.6;
  context.strokeStyle = colour;
  line(context, x - radius, y - radius, x + radius, y + radius);
  line(context, x - radius, y + radius, x + radius, y - radius);
}

function arrow(context: CanvasRenderingContext2D, x: number, y: number, edge: -1 | 1, radius: number, colour: string): void {
  const tip = edge === 1 ? -radius : radius;
  context.lineWidth = 1.5;
  context.strokeStyle = colour;
  line(context, x, y - tip, x, y + tip);
  line(context, x - radius * 0.7, y + tip * 0.3, x, y + tip);
  line(context, x + radius * 0.7, y + tip * 0.3, x, y + tip);
}

function line(context: CanvasRenderingContext2D, x: number, y: number, toX: number, toY: number): void {
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(toX, toY);
  context.stroke();
}
