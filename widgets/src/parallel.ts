// The Parallel coordinates tab: a line for each trial over an axis for each parameter; brushes filter and narrow.
import { axesOf, isWithin, narrowing, SCORE, shownTrials, signature, type Axis, type Brush } from "./axes";
import { makeBrush, type BrushView } from "./brush";
import type { Context, Part } from "./context";
import { breakable, element, setShown, setText, svg } from "./dom";
import { makeFamilyList, type FamilyChoice } from "./families";
import * as format from "./format";
import { distance, makeLayer, type Line } from "./lines";
import { makeParallelTable } from "./parallelTable";
import { shadeOf, shades } from "./ramp";
import { isBetter } from "./ranking";
import type { TrialRow } from "./protocol";

const HEIGHT = 312;
const HEAD = 62; // px above the axes for their names
const FOOT = 34; // px below them, where parameters that do not count are drawn
const ROOM = 72; // px that an axis needs
const TAIL = 22; // px more beside the last axis, for its numbers
const REACH = 10; // px around a line that count as the line

interface Drawn {
  family: string;
  axes: Axis[];
  xs: number[];
  trials: TrialRow[];
  lines: Map<number, { row: TrialRow; line: Line; place: number }>;
}

export function makeParallel(context: Context, panel: HTMLElement, choice: FamilyChoice): Part {
  const brushes = new Map<string, Brush>();
  const caption = element("p", { class: "am-caption" }, "Every trial a line over its parameters");
  const families = makeFamilyList(context, choice, "All families, common axes", () => redraw());
  const legend = element("p", { class: "am-hint am-ramp" }, "worse", element("span", { class: "am-ramp-bar", "aria-hidden": "true" }), "better");
  const hint = element("p", { class: "am-hint" }, "Click a line to read its trial. Drag along an axis, or move its two ends with the arrow keys, to brush it.");
  const [back, front] = [makeLayer(), makeLayer()];
  const overlay = svg("svg", { class: "am-overlay", "aria-hidden": "true" });
  const stage = element("div", { class: "am-axes" }, back.canvas, front.canvas, overlay);
  const scroll = element("div", { class: "am-scroll-x", role: "region", tabindex: 0, "aria-label": "Parallel coordinates" }, stage);
  const empty = element("p", { class: "am-empty" }, "The first results are on their way.");
  const said = element("p", { class: "am-said", role: "status" });
  const narrow = element("button", { type: "button", class: "am-small" }, "Narrow to the brush");
  const clear = element("button", { type: "button", class: "am-small" }, "Clear the brushes");
  const answer = element("p", { class: "am-answer", role: "status" });
  const table = makeParallelTable(context);
  const under = element("div", { class: "am-under" }, said, element("div", { class: "am-actions" }, narrow, clear));
  const root = element("div", { class: "am-parallel" }, element("div", { class: "am-chart-head" }, caption, families.element), element("div", { class: "am-chart-head" }, hint, legend), empty, scroll, under, answer, table.element);

  let colours = readRamp(panel);
  let drawn: Drawn | null = null;
  let views: BrushView[] = [];
  let gaps = new Map<string, HTMLElement>();
  let width = 0;
  let behind = false;
  let last = { drawing: "", trials: -1, brush: "", selected: "" };

  const again = () => context.select(context.selected()); // in the next frame, once for many moves of the pointer
  const redraw = () => {
    last = { drawing: "", trials: -1, brush: "", selected: "" };
    update();
  };

  const update = () => {
    const { store } = context;
    families.update();
    const family = choice.now(context);
    const room = Math.floor(scroll.clientWidth || root.clientWidth);
    const changed = [store.revision.trial, store.revision.parameter, store.revision.about, family, room].join();
    if (changed !== last.drawing) {
      last.drawing = changed;
      fill(family, room);
    }
    if (drawn !== null) {
      mark();
      tell();
    }
    table.update();
  };

  /** Take the trials in: new ones on top of what is drawn, or all anew where an axis has changed. */
  const fill = (family: string, room: number) => {
    const trials = shownTrials(context.store.trials.values(), family);
    setShown(empty, trials.length === 0);
    for (const part of [scroll, under, legend]) setShown(part, trials.length > 0);
    if (trials.length === 0 || room <= 0) {
      drawn = null;
      return;
    }
    const axes = axesOf([...context.store.parameters.values()], trials, family, context.store.about, drawn !== null && drawn.family === family ? rangeOf(drawn.axes) : null);
    const needed = Math.max(room, ROOM * axes.length + TAIL);
    const same = drawn !== null && needed === width && signature(axes) === signature(drawn.axes);
    if (!same) {
      width = needed;
      const xs = axes.map((_, at) => (axes.length === 1 ? width / 2 : ROOM / 2 + (at * (width - ROOM - TAIL)) / (axes.length - 1)));
      drawn = { family, axes, xs, trials, lines: new Map() };
      for (const label of [...brushes.keys()]) if (!axes.some((axis) => axis.label === label)) brushes.delete(label);
      views = layOut(axes, xs);
      last.trials = -1;
    } else {
      drawn = { ...drawn!, trials, axes };
    }
    const ids = new Set(trials.map((trial) => trial.id));
    for (const id of [...drawn.lines.keys()]) {
      if (ids.has(id)) continue; // it runs once more, or a recording was taken back
      drawn.lines.delete(id);
      last.trials = -1;
    }
    const fresh = trials.filter((trial) => drawn!.lines.get(trial.id)?.row !== trial);
    const added = fresh.every((trial) => !drawn!.lines.has(trial.id));
    const alpha = Math.min(0.9, Math.max(0.15, 6 / Math.sqrt(trials.length)));
    for (const trial of fresh) drawn.lines.set(trial.id, { row: trial, ...lineOf(drawn.axes, trial, alpha) });
    if (last.trials < 0 || !added) paint();
    else if (fresh.length) {
      const lines = fresh.map((trial) => drawn!.lines.get(trial.id)!);
      if (behind) back.add(drawn.xs, lines.map(({ line }) => faint(line)));
      front.add(drawn.xs, lines.filter(({ row }) => isWithin(drawn!.axes, brushes, row)).map(({ line }) => line));
    }
    last.trials = trials.length;
  };

  /** Draw all lines, the best first. */
  const paint = () => {
    if (drawn === null) return;
    const all = drawn.trials.map((trial) => drawn!.lines.get(trial.id)!).sort((a, b) => b.place - a.place);
    if (last.trials < 0) {
      behind = false;
      back.draw(drawn.xs, []);
    }
    if (brushes.size && !behind) back.draw(drawn.xs, all.map(({ line }) => faint(line)));
    behind = behind || brushes.size > 0; // all lines, faint: seen and drawn only once there is a brush
    front.draw(drawn.xs, all.filter(({ row }) => isWithin(drawn!.axes, brushes, row)).map(({ line }) => line));
  };

  const faint = (line: Line): Line => ({ ...line, colour: colours.faint, alpha: 0.25 });

  const lineOf = (axes: Axis[], trial: TrialRow, alpha: number): { line: Line; place: number } => {
    const heights = Float32Array.from(axes, (axis) => {
      const place = axis.place(trial);
      if (place === null) gaps.get(axis.label)!.hidden = false;
      return place === null ? HEIGHT - FOOT / 2 : HEAD + (1 - place) * (HEIGHT - HEAD - FOOT);
    });
    const place = axes[axes.length - 1]!.place(trial) ?? 0;
    return { line: { heights, colour: colours.shades[shadeOf(place)]!, alpha: alpha * (0.55 + 0.45 * place) }, place };
  };

  /** Put names, ticks and brushes of the axes in their places. */
  const layOut = (axes: Axis[], xs: number[]): BrushView[] => {
    stage.style.width = `${width}px`;
    stage.style.height = `${HEIGHT}px`;
    stage.style.setProperty("--am-room", `${Math.max(52, (xs[1] ?? width) - xs[0]! - 24)}px`);
    for (const layer of [back, front]) layer.resize(width, HEIGHT);
    overlay.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    const parts = axes.map((axis) => makeAxis(axis, (brush) => {
      if (brush === null) brushes.delete(axis.label);
      else brushes.set(axis.label, brush);
      again();
    }));
    stage.replaceChildren(back.canvas, front.canvas, overlay, ...parts.map((part) => part.element));
    gaps = new Map(axes.map((axis, at) => [axis.label, parts[at]!.gap]));
    parts.forEach((part, at) => (part.element.style.left = `${xs[at]! - ROOM / 2}px`));
    axes.forEach((axis, at) => parts[at]!.view.show(brushes.get(axis.label)));
    last.brush = "";
    return parts.map((part) => part.view);
  };

  /** Show the brushes and the selected trial. */
  const mark = () => {
    const brush = JSON.stringify([...brushes]);
    if (brush !== last.brush) {
      last.brush = brush;
      paint();
      back.canvas.style.opacity = brushes.size ? "1" : "0";
      drawn!.axes.forEach((axis, at) => views[at]!.show(brushes.get(axis.label)));
    }
    const selected = context.selected();
    const line = selected === null ? undefined : drawn!.lines.get(selected)?.line;
    const points = line === undefined ? "" : drawn!.xs.map((x, at) => `${x.toFixed(1)},${line.heights[at]!.toFixed(1)}`).join(" ");
    if (points === last.selected) return;
    last.selected = points;
    const dots = line === undefined ? [] : drawn!.xs.map((x, at) => svg("circle", { cx: x, cy: line.heights[at]!, r: 3.5 }));
    overlay.replaceChildren(...(points ? [svg("polyline", { points, class: "am-halo" }), svg("polyline", { points })] : []), ...dots);
  };

  const tell = () => {
    const { axes, trials } = drawn!;
    const inside = brushes.size ? trials.filter((trial) => isWithin(axes, brushes, trial)) : trials;
    const better = context.store.about?.better ?? "higher";
    const best = inside.filter((trial) => trial.state === "done").reduce<TrialRow | null>((found, trial) => (found === null || isBetter(trial.score!, found.score!, better) ? trial : found), null);
    const count = brushes.size ? `${inside.length} of ${format.counted(trials.length, "trial")} within the brush` : `${format.counted(trials.length, "trial")} with a score`;
    const told = best === null ? "" : `, the best ${format.score(best.score)} (trial ${best.id})`;
    setText(said, `${count}${told}.`);
    const ended = context.store.status?.state === "ended";
    setShown(clear, brushes.size > 0);
    setShown(narrow, !ended);
    narrow.disabled = narrowing(axes, brushes, context.store.parameters).length === 0;
    table.show(axes, inside);
  };

  narrow.addEventListener("click", () => {
    if (drawn === null) return;
    const messages = narrowing(drawn.axes, brushes, context.store.parameters);
    messages.forEach((message) => context.send(message));
    setText(answer, `Asked to narrow ${format.counted(messages.length, "parameter")}: the Space tab and the log say what came of it.`);
  });
  clear.addEventListener("click", () => {
    brushes.clear();
    setText(answer, "");
    again();
  });
  stage.addEventListener("click", (event) => {
    if (drawn === null) return;
    const box = stage.getBoundingClientRect();
    context.select(nearest(drawn, event.clientX - box.left, event.clientY - box.top, (trial) => isWithin(drawn!.axes, brushes, trial)));
  });
  const watcher = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(() => requestAnimationFrame(() => root.isConnected && update()));
  watcher?.observe(root);

  return {
    element: root,
    update,
    recolour() {
      colours = readRamp(panel);
      drawn = null;
      last = { drawing: "", trials: -1, brush: "", selected: "" };
    },
    close() {
      watcher?.disconnect();
      for (const layer of [back, front]) layer.close();
    },
  };
}

function rangeOf(axes: Axis[]): { low: number; high: number } {
  const { low, high } = axes[axes.length - 1]!.scale!;
  return { low: Math.min(low, high), high: Math.max(low, high) };
}

/** Return the trial whose line is nearest to a point, or null where none is near. */
function nearest(drawn: Drawn, x: number, y: number, counts: (trial: TrialRow) => boolean): number | null {
  let found: number | null = null;
  let least = REACH;
  for (const { row, line } of drawn.lines.values()) {
    const away = distance(drawn.xs, line.heights, x, y);
    if (away < least && counts(row)) [found, least] = [row.id, away];
  }
  return found;
}

function makeAxis(axis: Axis, changed: (brush: Brush | null) => void): { element: HTMLElement; view: BrushView; gap: HTMLElement } {
  const view = makeBrush(axis, changed);
  const head = element("div", { class: "am-axis-head" }, element("span", { class: "am-axis-name" }, ...breakable(axis.name)), axis.hint ? element("span", { class: "am-kind" }, axis.hint) : null);
  const ticks = axis.ticks.map(({ place, text }) => {
    const tick = element("span", { class: "am-axis-tick", title: text }, text);
    tick.style.bottom = `${100 * place}%`;
    return tick;
  });
  const gap = element("span", { class: "am-axis-tick am-muted", hidden: true }, "not used");
  gap.style.bottom = `${-FOOT / 2}px`;
  const line = element("div", { class: "am-axis-line" }, ...ticks, gap, view.element);
  line.style.top = `${HEAD}px`;
  line.style.bottom = `${FOOT}px`;
  const root = element("div", { class: `am-axis${axis.label === SCORE ? " am-axis-score" : ""}`, role: "group", "aria-label": axis.name }, head, line);
  root.style.width = `${ROOM}px`;
  return { element: root, view, gap };
}

function readRamp(panel: Element): { shades: string[]; faint: string } {
  const style = getComputedStyle(panel);
  const read = (name: string) => style.getPropertyValue(name).trim() || "gray";
  return { shades: shades(read("--am-worse"), read("--am-middling"), read("--am-better")), faint: read("--am-border") };
}
