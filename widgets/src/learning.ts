// The learning curves: a line for each network over its epochs, by family in colour and dash, its end marked by how it ended.
import { makeBehind } from "./behind";
import type { Context, Part } from "./context";
import { element, freshId, setShown, setText, svg } from "./dom";
import { colour, dash, distanceTo, frame, markAt, picture, ruler, text, type Ruler } from "./drawing";
import * as format from "./format";
import { radiusFor } from "./paint";
import type { AboutRow, CurvePoint, CurveRow, TrialRow, TrialState } from "./protocol";
import { scoreRange, steady, type Range } from "./range";
import { isBetter } from "./ranking";
import { makeStage, type Painted } from "./stage";

const REACH = 14; // px around a line that count as the line
const MANY = 100; // lines from which on they are drawn thinner
const LOG_FROM = 12; // epochs from which on the axis is logarithmic: most networks are ended after few
const ORDER: TrialState[] = ["failed", "stopped", "pruned", "paused", "running", "done"]; // later ones lie on top

/** A network that has learned for an epoch at least. */
export interface Learner {
  trial: TrialRow;
  points: { epoch: number; score: number }[];
  why: string | null;
}

type Known = Pick<Context["store"], "trials" | "curves">;

/** Return the networks whose curves are known, in the order of their trials. */
export function learnersOf({ trials, curves }: Known): Learner[] {
  return [...curves.values()]
    .flatMap(({ trial, points, why }: CurveRow) => {
      const row = trials.get(trial);
      const finite = points.filter((point): point is CurvePoint & { score: number } => point.score !== null);
      return row === undefined || finite.length === 0 ? [] : [{ trial: row, points: finite, why }];
    })
    .sort((a, b) => a.trial.id - b.trial.id);
}

/** Return the best point of a curve. */
export function peakOf(learner: Learner, better: AboutRow["better"]): { epoch: number; score: number } {
  return learner.points.reduce((best, point) => (isBetter(point.score, best.score, better) ? point : best));
}

export function makeLearning(context: Context): Part {
  const { store } = context;
  const caption = element("p", { class: "am-caption", id: freshId("learning") });
  const hint = element("p", { class: "am-hint" }, "Click a line, or press ← →, to read its trial.");
  const said = element("p", { class: "am-said", role: "status" });
  const empty = element("p", { class: "am-empty" }, "The first epochs are on their way.");
  const key = () => [store.revision.learning, store.revision.trial, store.revision.about].join();
  let held: Range | null = null;

  const paint = (width: number): Painted | null => {
    const learners = learnersOf(store);
    if (learners.length === 0) return null;
    const better = store.about?.better ?? "higher";
    held = steady(held, scoreRange(learners.flatMap(({ points }) => [points[0]!.score, points.at(-1)!.score]), better, null));
    return paintCurves(learners, context, held, width);
  };
  const stage = makeStage(context, caption.id, key, paint);
  const better = () => store.about?.better ?? "higher";
  const behind = makeBehind(
    context, "Learning curves",
    () => [{ text: "trial" }, { text: "model" }, { text: "epochs", isNumber: true }, { text: `best ${store.about?.metric ?? "score"}`, isNumber: true }, { text: "after epoch", isNumber: true }, { text: "state" }, { text: "why it ended" }],
    () => learnersOf(store).reverse().map((learner) => {
      const peak = peakOf(learner, better());
      return { trial: learner.trial, cells: [learner.trial.model, String(epochsOf(learner)), format.score(peak.score), String(peak.epoch), learner.trial.state, learner.why ?? ""] };
    }),
    key,
  );
  const root = element("section", { class: "am-learning", "aria-labelledby": caption.id }, element("div", { class: "am-chart-head" }, caption, hint), empty, stage.element, said, behind.element);
  return {
    element: root,
    update() {
      const learners = learnersOf(store);
      setText(caption, `${store.about?.metric ?? "Score"} after each epoch (${better()} is better)`);
      setShown(empty, learners.length === 0);
      for (const part of [stage.element, said, behind.element, hint]) setShown(part, learners.length > 0);
      setText(said, saidOf(learners, context.selected(), better()));
      stage.update();
      behind.update();
    },
    close: () => stage.close?.(),
  };
}

function epochsOf(learner: Learner): number {
  return learner.points[learner.points.length - 1]!.epoch;
}

/** Return in words what the selected curve shows, or all of them together. */
export function saidOf(learners: Learner[], selected: number | null, better: AboutRow["better"]): string {
  const chosen = learners.find(({ trial }) => trial.id === selected);
  if (chosen !== undefined) {
    const peak = peakOf(chosen, better);
    const ended = chosen.why === null ? "" : ` Its line ends there: ${chosen.why}.`;
    return `${format.trialName(chosen.trial)}: ${format.counted(epochsOf(chosen), "epoch")}, the best ${format.score(peak.score)} after epoch ${peak.epoch}.${ended}`;
  }
  if (learners.length === 0) return "";
  const best = learners.reduce((found, one) => (isBetter(peakOf(one, better).score, peakOf(found, better).score, better) ? one : found));
  const peak = peakOf(best, better);
  const epochs = learners.reduce((sum, one) => sum + epochsOf(one), 0);
  return `${format.counted(learners.length, "network")} learned for ${format.count(epochs)} epoch${epochs === 1 ? "" : "s"} in all. The best so far is ${format.trialName(best.trial).replace("Trial", "trial")}: ${format.score(peak.score)} after epoch ${peak.epoch}.`;
}

function paintCurves(learners: Learner[], context: Context, range: Range, width: number): Painted {
  const { store } = context;
  const height = Math.round(Math.min(320, Math.max(220, width * 0.5)));
  const sides = { left: 46, right: width - 14, top: 8, bottom: height - 38 };
  const last = Math.max(2, ...learners.map(epochsOf));
  const log = last > LOG_FROM;
  const x = ruler({ low: 1, high: last }, sides.left + 8, sides.right, width < 420 ? 6 : 10, log);
  const y = ruler(range, sides.bottom, sides.top, 6);
  const families = store.families();
  const better = store.about?.better ?? "higher";
  const best = store.status?.best ?? null;
  const root = picture(width, height, saidOf(learners, context.selected(), better), learners.length > MANY ? "am-svg am-many" : "am-svg");
  root.append(...frame(sides, { ...x, ticks: x.ticks.filter(Number.isInteger) }, y, log ? "epoch (logarithmic)" : "epoch", { x: String, y: (tick) => format.number(tick) }));
  const placed = learners.map((learner) => ({ learner, places: placesOf(learner, x, y) }));
  const rank = ({ learner: { trial } }: (typeof placed)[number]) => (trial.id === context.selected() ? 20 : trial.id === best ? 10 : ORDER.indexOf(trial.state));
  for (const one of [...placed].sort((a, b) => rank(a) - rank(b) || a.learner.trial.id - b.learner.trial.id)) {
    const { trial } = one.learner;
    const radius = trial.id === context.selected() || trial.id === best ? 4.6 : Math.min(3.4, radiusFor(learners.length));
    const family = families.indexOf(trial.model);
    const [x, y] = one.places[one.places.length - 1]!;
    const isChosen = trial.id === context.selected();
    root.append(...lineOf(trial, one.places, family, isChosen, trial.id === best), markAt(trial, one.learner.points.at(-1)!.score, range, family, x, y, radius));
    if (isChosen) root.append(svg("circle", { class: "am-ring", cx: x.toFixed(1), cy: y.toFixed(1), r: 8 }));
  }
  const chosen = placed.find(({ learner }) => learner.trial.id === context.selected());
  if (chosen !== undefined) root.append(nameAt(chosen.places, sides.right, `trial ${chosen.learner.trial.id}`));
  return {
    picture: root,
    order: learners.map(({ trial }) => trial.id),
    at: (atX, atY) => {
      const away = placed.map(({ learner, places }) => ({ id: learner.trial.id, far: distanceTo(places, atX, atY) }));
      const near = away.reduce((found, one) => (one.far < found.far ? one : found));
      return near.far <= REACH ? near.id : null;
    },
  };
}

function placesOf(learner: Learner, x: Ruler, y: Ruler): [number, number][] {
  return learner.points.map(({ epoch, score }) => [x.at(epoch), y.at(score)]);
}

function lineOf(trial: TrialRow, places: [number, number][], family: number, isChosen: boolean, isBest: boolean): SVGElement[] {
  const d = places.map(([x, y], at) => `${at === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
  const look = isChosen ? "am-line am-line-chosen" : isBest ? "am-line am-line-best" : `am-line am-line-${trial.state}`;
  const line = svg("path", { class: look, d, stroke: colour(family), "stroke-dasharray": dash(family) });
  return isChosen ? [svg("path", { class: "am-line am-line-halo", d }), line] : [line];
}

function nameAt(places: [number, number][], right: number, name: string): SVGElement {
  const [x, y] = places[places.length - 1]!;
  const isLate = x > right - 70;
  return text(isLate ? x - 12 : x + 12, y < 24 ? y + 18 : y - 8, name, isLate ? "end" : "start", "am-svg-name");
}
