// Score against size: parameters, multiply-adds or latency on a logarithmic axis, the Pareto front as steps, the limit as a line.
import { makeBehind } from "./behind";
import type { Context, Part } from "./context";
import { element, freshId, setShown, setText, svg } from "./dom";
import { frame, markAt, picture, ruler, text } from "./drawing";
import * as format from "./format";
import { radiusFor } from "./paint";
import type { AboutRow, SizeRow, TrialRow } from "./protocol";
import { scoreRange, steady, type Range } from "./range";
import { isBetter } from "./ranking";
import { makeStage, type Painted } from "./stage";

const REACH = 18; // px around a mark that count as the mark
const NAMED = 4; // networks of the front that the sentence names

export type Cost = Exclude<keyof SizeRow, "kind" | "trial">;

const COSTS: Record<Cost, { name: string; axis: string; shown(value: number): string }> = {
  parameters: { name: "Parameters", axis: "parameters", shown: (value) => `${format.count(value)} parameters` },
  multiply_adds: { name: "Multiply-adds", axis: "multiply-adds for one row", shown: (value) => `${format.count(value)} multiply-adds` },
  latency_ms: { name: "Latency", axis: "ms for one row", shown: (value) => `${format.number(value, 3)} ms` },
};

/** A network with a score and a size. */
export interface Sized {
  trial: TrialRow;
  score: number;
  cost: number;
}

type Known = Pick<Context["store"], "trials" | "sizes">;

/** Return the networks that are drawn: neither failed ones nor such as are no trials of the search. */
export function sizedOf({ trials, sizes }: Known, cost: Cost): Sized[] {
  return [...sizes.values()].flatMap((row) => {
    const [trial, value] = [trials.get(row.trial), row[cost]];
    if (trial === undefined || trial.hidden || trial.state === "failed" || trial.score === null || value === null || value <= 0) return [];
    return [{ trial, score: trial.score, cost: value }];
  });
}

/** Return the Pareto front, the smallest first: the networks than which no smaller one is as good. */
export function frontOf(networks: Sized[], better: AboutRow["better"]): Sized[] {
  const sign = better === "higher" ? 1 : -1;
  const front: Sized[] = [];
  for (const one of [...networks].sort((a, b) => a.cost - b.cost || sign * (b.score - a.score) || a.trial.id - b.trial.id)) {
    if (front.length === 0 || isBetter(one.score, front[front.length - 1]!.score, better)) front.push(one);
  }
  return front;
}

export function makeSize(context: Context): Part {
  const { store } = context;
  const caption = element("p", { class: "am-caption", id: freshId("size") });
  const list = element("select", { class: "am-select", id: freshId("cost") });
  list.append(...Object.entries(COSTS).map(([cost, { name }]) => element("option", { value: cost }, name)));
  const choose = element("div", { class: "am-choose" }, element("label", { for: list.id }, "Against"), list);
  const said = element("p", { class: "am-said", role: "status" });
  const empty = element("p", { class: "am-empty" });
  const cost = () => list.value as Cost;
  const better = () => store.about?.better ?? "higher";
  const key = () => [store.revision.size, store.revision.trial, store.revision.about, store.revision.limits, cost()].join();
  let held: Range | null = null;

  const stage = makeStage(context, caption.id, key, (width) => {
    const networks = sizedOf(store, cost());
    if (networks.length === 0) return null;
    held = steady(held, scoreRange(networks.map(({ score }) => score), better(), null));
    return paintSizes(networks, context, cost(), held, width);
  });
  const behind = makeBehind(
    context, "Score against size",
    () => [{ text: "trial" }, { text: "model" }, { text: COSTS[cost()].axis, isNumber: true }, { text: store.about?.metric ?? "score", isNumber: true }, { text: "state" }, { text: "Pareto front" }],
    () => {
      const networks = sizedOf(store, cost());
      const front = new Set(frontOf(networks, better()).map(({ trial }) => trial.id));
      const shown = (value: number) => (cost() === "latency_ms" ? format.number(value, 3) : format.count(value));
      return networks.sort((a, b) => a.cost - b.cost || a.trial.id - b.trial.id)
        .map(({ trial, score, cost: value }) => ({ trial, cells: [trial.model, shown(value), format.score(score), trial.state, front.has(trial.id) ? "on it" : ""] }));
    },
    key,
  );
  const update = () => {
    const networks = sizedOf(store, cost());
    setText(caption, `${store.about?.metric ?? "Score"} against size`);
    setText(empty, store.sizes.size === 0 ? "The first networks are on their way." : `${COSTS[cost()].name}: not measured in this run.`);
    setShown(empty, networks.length === 0);
    for (const part of [stage.element, said, behind.element]) setShown(part, networks.length > 0);
    setText(said, saidOf(networks, cost(), better()));
    stage.update();
    behind.update();
  };
  list.addEventListener("change", () => {
    held = null;
    update();
  });
  const root = element("section", { class: "am-size", "aria-labelledby": caption.id }, element("div", { class: "am-chart-head" }, caption, choose), empty, stage.element, said, behind.element);
  return { element: root, update, close: () => stage.close?.() };
}

/** Return the front in words. */
export function saidOf(networks: Sized[], cost: Cost, better: AboutRow["better"]): string {
  const front = frontOf(networks, better);
  if (front.length === 0) return "";
  const named = front.slice(-NAMED).map(({ trial, score, cost: value }) => `trial ${trial.id} (${trial.model}, ${COSTS[cost].shown(value)}): ${format.score(score)}`);
  const kept = front.length > NAMED ? `; the ${NAMED} largest` : "";
  return `Pareto front: ${format.counted(front.length, "network")} than which no smaller one is as good${kept}: ${named.join("; ")}.`;
}

function paintSizes(networks: Sized[], context: Context, cost: Cost, range: Range, width: number): Painted {
  const { store } = context;
  const better = store.about?.better ?? "higher";
  const height = Math.round(Math.min(300, Math.max(210, width * 0.46)));
  const sides = { left: 46, right: width - 14, top: 16, bottom: height - 38 };
  const limit = store.limits?.[cost] ?? null;
  const costs = [...networks.map((one) => one.cost), ...(limit === null ? [] : [limit])];
  const reach = { low: Math.min(...costs) / 1.15, high: Math.max(...costs) * 1.15 };
  const x = ruler(reach, sides.left, sides.right, width < 420 ? 5 : 8, true);
  const y = ruler(range, sides.bottom, sides.top, 6);
  const root = picture(width, height, saidOf(networks, cost, better), "am-svg");
  root.append(...frame(sides, x, y, `${COSTS[cost].axis} (logarithmic)`, { x: format.compact, y: (tick) => format.number(tick) }));
  if (limit !== null) root.append(...limitAt(x.at(limit), sides, `limit ${format.compact(limit)}${cost === "latency_ms" ? " ms" : ""}`));
  const front = frontOf(networks, better);
  const steps = front.map((one, at) => (at === 0 ? `M${x.at(one.cost).toFixed(1)} ${y.at(one.score).toFixed(1)}` : `H${x.at(one.cost).toFixed(1)}V${y.at(one.score).toFixed(1)}`));
  root.append(svg("path", { class: "am-front", d: `${steps.join("")}H${(limit === null ? sides.right : x.at(limit)).toFixed(1)}` }));
  const [families, onFront] = [store.families(), new Set(front)];
  const rank = (one: Sized) => (onFront.has(one) ? 2 : 0) + (one.trial.state === "done" ? 1 : 0);
  for (const one of [...networks].sort((a, b) => rank(a) - rank(b))) {
    root.append(markAt(one.trial, one.score, range, families.indexOf(one.trial.model), x.at(one.cost), y.at(one.score), onFront.has(one) ? 5 : Math.min(3.8, radiusFor(networks.length))));
  }
  const chosen = networks.find(({ trial }) => trial.id === context.selected());
  if (chosen !== undefined) {
    const [atX, atY] = [x.at(chosen.cost), y.at(chosen.score)];
    const isLate = atX > sides.right - 70;
    root.append(svg("circle", { class: "am-ring", cx: atX.toFixed(1), cy: atY.toFixed(1), r: 9 }), text(isLate ? atX - 13 : atX + 13, atY + 4, `trial ${chosen.trial.id}`, isLate ? "end" : "start", "am-svg-name"));
  }
  const order = [...networks].sort((a, b) => a.cost - b.cost || a.trial.id - b.trial.id).map(({ trial }) => trial.id);
  return {
    picture: root,
    order,
    at: (atX, atY) => {
      const away = networks.map((one) => ({ id: one.trial.id, far: Math.hypot(x.at(one.cost) - atX, y.at(one.score) - atY) }));
      const near = away.reduce((found, one) => (one.far < found.far ? one : found));
      return near.far <= REACH ? near.id : null;
    },
  };
}

function limitAt(x: number, sides: { left: number; right: number; top: number; bottom: number }, said: string): SVGElement[] {
  const isLate = x > (sides.left + sides.right) / 2;
  return [
    svg("line", { class: "am-limit", x1: x.toFixed(1), x2: x.toFixed(1), y1: sides.top - 8, y2: sides.bottom }),
    text(isLate ? x - 5 : x + 5, sides.top - 3, said, isLate ? "end" : "start", "am-svg-name"),
  ];
}
