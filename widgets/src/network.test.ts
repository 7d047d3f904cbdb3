// The Networks tab: curves, sizes and blocks out of rows that Python made, and what a person does with them.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import kept from "../../tests/data/networks/rows.json";
import { arcsOf, layOut, PITCH, TALL } from "./blocks";
import { distanceTo, logTicks, ruler } from "./drawing";
import * as format from "./format";
import { learnersOf, peakOf, saidOf } from "./learning";
import { refusedSaid, timesOf } from "./networks";
import type { Batch, CurveRow, LimitsRow, NetworkBox, NetworkRow, Row, SizeRow } from "./protocol";
import { about, FakeModel, status, trial } from "./samples";
import { frontOf, sizedOf } from "./size";
import { Store } from "./store";

// jsdom has no canvas: pictures are looked at in a real browser.
vi.mock("./chart", () => ({ makeChart: () => ({ draw() {}, resize() {}, recolour() {}, at: () => null, close() {} }) }));
const { render } = await import("./panel");

const FRAME = 20;
const { batches, drawings } = kept as unknown as { batches: Batch[]; drawings: NetworkRow[] };
let model: FakeModel;
let el: HTMLElement;
let close: () => void;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "requestAnimationFrame", "cancelAnimationFrame"] });
  Object.defineProperty(HTMLElement.prototype, "clientWidth", { configurable: true, get: () => 600 });
  HTMLCanvasElement.prototype.getContext = () => null;
  document.body.replaceChildren((el = document.createElement("div")));
  model = new FakeModel();
  close = render({ model, el });
});
afterEach(() => {
  close();
  vi.useRealTimers();
});

const curve = (id: number, scores: (number | null)[], own: Partial<CurveRow> = {}): CurveRow => ({
  kind: "learning", trial: id, points: scores.map((score, at) => ({ epoch: at + 1, score })), why: null, ...own,
});
const size = (id: number, parameters: number | null, own: Partial<SizeRow> = {}): SizeRow => ({
  kind: "size", trial: id, parameters, multiply_adds: null, latency_ms: null, ...own,
});
const limits = (own: Partial<LimitsRow> = {}): LimitsRow => ({
  kind: "limits", parameters: null, multiply_adds: null, latency_ms: null, memory_mb: null, refused: [], ...own,
});
const box = (id: string, own: Partial<NetworkBox> = {}): NetworkBox => ({
  id, label: id, kind: "linear", width: 8, shape: [8], parameters: 0, multiply_adds: 0, text: `${id} in words`, ...own,
});
function stored(...rows: Row[]): Store {
  const store = new Store();
  store.apply({ rows, seq: 1 });
  return store;
}
function push(...rows: Row[]): void {
  model.push(rows);
  vi.advanceTimersByTime(FRAME);
}
function replay(): void {
  for (const { rows, seq } of batches) model.push(rows, seq);
  vi.advanceTimersByTime(FRAME);
}
const tab = () => [...el.querySelectorAll<HTMLElement>("[role=tab]")].find((found) => found.textContent === "Networks")!;
function open(): HTMLElement {
  tab().click();
  vi.advanceTimersByTime(FRAME);
  return el.querySelector<HTMLElement>(".am-networks")!;
}
function unfold(panel: HTMLElement, name: string): HTMLElement {
  const behind = panel.querySelector<HTMLDetailsElement>(`.${name} details`)!;
  behind.open = true;
  behind.dispatchEvent(new Event("toggle"));
  return behind;
}
const press = (target: Element, key: string) => {
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  vi.advanceTimersByTime(FRAME);
};
const words = (panel: ParentNode, selector: string) => [...panel.querySelectorAll(selector)].map((one) => one.textContent);

describe("the Networks tab", () => {
  it("is there in a search over networks alone, after the leaderboard", () => {
    push(about(), status(), trial(0, 0.9));
    expect(tab().hidden).toBe(true);
    push(limits());
    expect(words(el, "[role=tab]:not([hidden])")).toEqual(["Curve", "Leaderboard", "Networks", "Space"]);
    push({ kind: "clear" }, about(), status());
    expect(tab().hidden).toBe(true);
  });

  it("is passed over by the arrow keys where it is not there", () => {
    push(about(), status());
    const first = el.querySelector<HTMLElement>("[role=tab]")!;
    first.focus();
    press(first, "ArrowRight");
    press(document.activeElement!, "ArrowRight");
    expect(document.activeElement!.textContent).toBe("Space");
  });

  it("shows the run that Python recorded", () => {
    replay();
    const panel = open();
    const learned = batches.flatMap(({ rows }) => rows).filter((row): row is CurveRow => row.kind === "learning");
    const shown = new Set(learned.map((row) => row.trial));
    expect(panel.querySelectorAll(".am-learning .am-line")).toHaveLength(shown.size);
    expect(panel.querySelectorAll(".am-size .am-mark")).toHaveLength(shown.size);
    expect(panel.querySelector(".am-size")!.textContent).toContain("limit 50k");
    expect(words(panel, ".am-legend li")).toEqual(["mlp", "conv", "recurrent", "cell", "paused", "running", "failed", "Pareto front", "limit"]);
    expect(panel.querySelector(".am-times")!.textContent).toContain("34 networks were drawn and refused before training");
    expect(words(panel, ".am-refused li")).toEqual(["21: more than 50,000 parameters", "13: more than 2 ms to predict one row"]);
  });

  it("is empty, not broken, before the first epoch", () => {
    push(about(), status(), limits());
    expect(words(open(), ".am-empty:not([hidden])")).toEqual([
      "The first epochs are on their way.", "The first networks are on their way.", "No network is done yet. Select one to see its blocks.",
    ]);
  });

  it("takes what comes from the run as text alone", () => {
    const evil = "<img src=x onerror=alert(1)>";
    push(about({ models: [evil], metric: evil }), status({ best: 0 }), limits({ parameters: 9, refused: [{ why: evil, count: 2 }] }),
      trial(0, 0.5, { model: evil }), curve(0, [0.5], { why: evil }), size(0, 5),
      { kind: "network", trial: 0, title: evil, boxes: [box("a", { label: evil, text: evil }), box("b")], arcs: [{ from: "a", to: "b", label: evil }] });
    const panel = open();
    for (const part of ["am-learning", "am-size", "am-diagram"]) expect(unfold(panel, part).textContent).toContain(evil);
    expect(el.querySelector("img")).toBeNull();
  });
});

describe("the learning curves", () => {
  it("hold the finite scores of trials that are there, and know the best epoch", () => {
    const store = stored(trial(1, 0.7), curve(1, [0.5, 0.7, 0.6]), curve(2, [0.5]), trial(3, null), curve(3, [null]), trial(0, 0.4), curve(0, [null, 0.4]));
    const learners = learnersOf(store);
    expect(learners.map((one) => [one.trial.id, one.points.length])).toEqual([[0, 1], [1, 3]]);
    expect(peakOf(learners[1]!, "higher")).toEqual({ epoch: 2, score: 0.7 });
    expect(peakOf(learners[1]!, "lower")).toEqual({ epoch: 1, score: 0.5 });
  });

  it("are told in a sentence: all of them, or the selected one with why its line ends", () => {
    const learners = learnersOf(stored(trial(0, 0.7), curve(0, [0.5, 0.7]), trial(1, 0.4), curve(1, [0.4], { why: "paused at rung 1 of 4" })));
    expect(saidOf(learners, null, "higher")).toBe("2 networks learned for 3 epochs in all. The best so far is trial 0, hist_gb: 0.7000 after epoch 2.");
    expect(saidOf(learners, 1, "higher")).toBe("Trial 1, hist_gb: 1 epoch, the best 0.4000 after epoch 1. Its line ends there: paused at rung 1 of 4.");
    expect(saidOf([], null, "higher")).toBe("");
  });

  it("are drawn by family and dash, ended ones fainter, the selected one on top with its name", () => {
    push(about({ models: ["mlp", "conv"] }), status({ best: 1 }), limits(), trial(0, 0.4, { model: "mlp", state: "pruned" }), curve(0, [0.3, 0.4]),
      trial(1, 0.9, { model: "conv" }), curve(1, [0.5, 0.9]), trial(2, 0.6, { model: "conv", state: "paused" }), curve(2, [0.5, 0.6]));
    const panel = open();
    const lines = () => [...panel.querySelectorAll(".am-learning .am-line")].map((line) => [line.getAttribute("class")!.split("-").at(-1), line.getAttribute("stroke"), line.getAttribute("stroke-dasharray")]);
    expect(lines()).toEqual([["pruned", "var(--am-c0)", "none"], ["paused", "var(--am-c1)", "7 4"], ["best", "var(--am-c1)", "7 4"]]);
    press(panel.querySelector(".am-learning .am-stage-picture")!, "Home");
    expect(lines().map(([look]) => look)).toEqual(["paused", "best", "halo", "chosen"]);
    expect(words(panel, ".am-learning .am-svg-name")).toEqual(["trial 0"]);
    expect(el.querySelector(".am-details")!.textContent).toContain("Trial 0, mlp");
  });

  it("are chosen by keys in the order of trials, by a click near a line, and by Escape no more", () => {
    push(about({ models: ["mlp"] }), status({ best: 1 }), limits(), trial(0, 0.2, { model: "mlp" }), curve(0, [0.1, 0.2]), trial(5, 0.9, { model: "mlp" }), curve(5, [0.8, 0.9]));
    const stage = open().querySelector<HTMLElement>(".am-learning .am-stage-picture")!;
    const selected = () => el.querySelector(".am-details:not([hidden]) strong")?.textContent ?? null;
    press(stage, "ArrowRight");
    expect(selected()).toBe("Trial 0, mlp");
    press(stage, "ArrowRight");
    expect(selected()).toBe("Trial 5, mlp");
    press(stage, "Escape");
    expect(selected()).toBeNull();
    const path = [...stage.querySelectorAll(".am-line")].at(-1)!.getAttribute("d")!.match(/[\d.]+/g)!.map(Number);
    stage.dispatchEvent(new MouseEvent("click", { clientX: path[0]! + 3, clientY: path[1]!, bubbles: true }));
    vi.advanceTimersByTime(FRAME);
    expect(selected()).toBe("Trial 5, mlp");
    stage.dispatchEvent(new MouseEvent("click", { clientX: path[0]! + 3, clientY: path[1]! + 60, bubbles: true }));
    vi.advanceTimersByTime(FRAME);
    expect(selected()).toBeNull();
  });

  it("have an arrow at the edge where a score lies beyond the picture, and the legend says so", () => {
    const good = Array.from({ length: 8 }, (_, id) => [trial(id, 0.9 + id / 1000), curve(id, [0.89, 0.9 + id / 1000])]).flat();
    push(about(), status({ best: 7 }), limits(), ...good);
    const panel = open();
    expect(panel.querySelector(".am-far")).toBeNull();
    push(trial(9, 0.1), curve(9, [0.1]), size(9, 10));
    expect(panel.querySelectorAll(".am-learning .am-far")).toHaveLength(1);
    expect(words(panel, ".am-legend li").at(2)).toBe("beyond the picture");
  });

  it("stand in a table, where a trial is chosen too", () => {
    push(about({ metric: "accuracy" }), status(), limits(), trial(0, 0.4, { state: "pruned" }), curve(0, [0.3, 0.4], { why: "paused at rung 1 of 4: not among the best third" }), trial(1, 0.9), curve(1, [0.9]));
    const panel = open();
    const behind = unfold(panel, "am-learning");
    expect(words(behind, "th[scope=col]")).toEqual(["trial", "model", "epochs", "best accuracy", "after epoch", "state", "why it ended"]);
    expect([...behind.querySelectorAll("tbody tr")].map((line) => words(line, "td"))).toEqual([
      ["hist_gb", "1", "0.9000", "1", "done", ""],
      ["hist_gb", "2", "0.4000", "2", "pruned", "paused at rung 1 of 4: not among the best third"],
    ]);
    behind.querySelector<HTMLElement>("[data-trial='0']")!.click();
    vi.advanceTimersByTime(FRAME);
    expect(behind.querySelector(".am-selected")!.textContent).toContain("pruned");
    expect(behind.querySelector("[data-trial='0']")!.getAttribute("aria-pressed")).toBe("true");
  });

  it("keep the focus in the table while epochs come in", () => {
    push(about(), status(), limits(), trial(0, 0.4), curve(0, [0.4]), trial(1, 0.5), curve(1, [0.5]));
    const behind = unfold(open(), "am-learning");
    behind.querySelector<HTMLElement>("[data-trial='0']")!.focus();
    vi.advanceTimersByTime(2000);
    push(curve(0, [0.4, 0.6]));
    expect(document.activeElement).toBe(behind.querySelector("[data-trial='0']"));
    expect(behind.textContent).toContain("0.6000");
  });
});

describe("score against size", () => {
  const run = [trial(0, 0.5), size(0, 100), trial(1, 0.6), size(1, 50), trial(2, 0.9), size(2, 300), trial(3, 0.6), size(3, 200), trial(4, 0.55), size(4, 50)];

  it("has a front of what no smaller network reaches, whichever way is better", () => {
    const networks = sizedOf(stored(...run), "parameters");
    expect(frontOf(networks, "higher").map(({ trial: { id } }) => id)).toEqual([1, 2]);
    expect(frontOf(networks, "lower").map(({ trial: { id } }) => id)).toEqual([4, 0]);
    expect(frontOf([], "higher")).toEqual([]);
  });

  it("leaves out what failed, what is no trial of the search, and what has no size", () => {
    const store = stored(trial(0, 0.5), size(0, 10), trial(1, 0.9, { state: "failed" }), size(1, 10), trial(2, 0.9, { hidden: true }), size(2, 10), trial(3, 0.9), size(3, null), trial(4, null), size(4, 10), size(5, 10));
    expect(sizedOf(store, "parameters").map(({ trial: { id } }) => id)).toEqual([0]);
    expect(sizedOf(store, "latency_ms")).toEqual([]);
  });

  it("draws the front as steps that end at the limit, and names the limit", () => {
    push(about(), status(), limits({ parameters: 1000 }), ...run);
    const panel = open().querySelector(".am-size")!;
    expect(panel.querySelector("path.am-front")!.getAttribute("d")).toMatch(/^M[\d.]+ [\d.]+H[\d.]+V[\d.]+H[\d.]+$/);
    const [end, limit] = [panel.querySelector("path.am-front")!.getAttribute("d")!.split("H").at(-1), panel.querySelector("line.am-limit")!.getAttribute("x1")];
    expect(end).toBe(limit);
    expect(words(panel, ".am-svg-name")).toEqual(["limit 1k"]);
    expect(panel.textContent).toContain("Pareto front: 2 networks than which no smaller one is as good: trial 1 (hist_gb, 50 parameters): 0.6000; trial 2 (hist_gb, 300 parameters): 0.9000.");
    push(limits());
    expect(panel.querySelector(".am-limit")).toBeNull();
  });

  it("is shown against the cost that is asked for, or says that it was not measured", () => {
    push(about(), status(), limits({ latency_ms: 2 }), trial(0, 0.5), size(0, 100, { latency_ms: 0.21 }));
    const panel = open().querySelector<HTMLElement>(".am-size")!;
    const choose = (cost: string) => {
      const list = panel.querySelector("select")!;
      list.value = cost;
      list.dispatchEvent(new Event("change"));
      vi.advanceTimersByTime(FRAME);
    };
    choose("latency_ms");
    expect(panel.textContent).toContain("0.21 ms");
    expect(words(panel, ".am-svg-name")).toEqual(["limit 2 ms"]);
    choose("multiply_adds");
    expect(words(panel, ".am-empty:not([hidden])")).toEqual(["Multiply-adds: not measured in this run."]);
    expect(panel.querySelector<HTMLElement>(".am-stage-picture")!.hidden).toBe(true);
  });

  it("is gone through by keys from small to large", () => {
    push(about(), status(), limits(), ...run);
    const stage = open().querySelector<HTMLElement>(".am-size .am-stage-picture")!;
    const chosen = ["Home", "ArrowRight", "ArrowRight", "End"].map((key) => {
      press(stage, key);
      return words(stage, ".am-svg-name")[0];
    });
    expect(chosen).toEqual(["trial 1", "trial 4", "trial 0", "trial 2"]);
    expect(stage.getAttribute("tabindex")).toBe("0");
  });

  it("says in the table which networks are on the front", () => {
    push(about(), status(), limits(), ...run);
    const behind = unfold(open(), "am-size");
    expect([...behind.querySelectorAll("tbody tr")].map((line) => [line.querySelector("th")!.textContent, ...words(line, "td")])).toEqual([
      ["1", "hist_gb", "50", "0.6000", "done", "on it"], ["4", "hist_gb", "50", "0.5500", "done", ""], ["0", "hist_gb", "100", "0.5000", "done", ""],
      ["3", "hist_gb", "200", "0.6000", "done", ""], ["2", "hist_gb", "300", "0.9000", "done", "on it"],
    ]);
  });
});

describe("the blocks of a network", () => {
  const asked = () => model.sent.filter((message) => message.kind === "network");

  it("are asked for once: of the best, then of the selected one", () => {
    push(about(), status({ best: 1 }), limits(), trial(0, 0.4), curve(0, [0.4]), trial(1, 0.9), curve(1, [0.9]));
    const panel = open();
    push(status({ best: 1, done: 3 }));
    expect(asked()).toEqual([{ kind: "network", trial: 1 }]);
    press(panel.querySelector(".am-learning .am-stage-picture")!, "Home");
    expect(asked().at(-1)).toEqual({ kind: "network", trial: 0 });
    vi.advanceTimersByTime(3100); // no answer came
    push(status({ best: 1, done: 4 }));
    expect(asked()).toHaveLength(3);
    push({ kind: "network", trial: 0, title: "mlp", boxes: [box("a"), box("b")], arcs: [] });
    vi.advanceTimersByTime(10_000);
    push(status({ best: 1, done: 5 }));
    expect(asked()).toHaveLength(3);
  });

  it("are drawn as Python tells them: words, units, and each connection", () => {
    replay();
    const panel = open().querySelector<HTMLElement>(".am-diagram")!;
    const [drawing] = drawings.filter((row) => row.boxes.some(({ label }) => label === "add")).sort((a, b) => a.boxes.length - b.boxes.length);
    const { boxes, arcs } = drawing!;
    const at = new Map(boxes.map(({ id }, place) => [id, place]));
    const skips = arcs.filter((arc) => at.get(arc.to)! - at.get(arc.from)! > 1);
    expect(skips.length).toBeGreaterThan(0);
    push({ ...drawing!, trial: 13 }, status({ best: 13 }));
    expect(panel.querySelectorAll(".am-block")).toHaveLength(boxes.length);
    expect(panel.querySelectorAll(".am-block-learns")).toHaveLength(boxes.filter(({ parameters }) => parameters > 0).length);
    expect(words(panel, ".am-svg-name")).toEqual(boxes.map(({ label }) => label));
    expect(panel.querySelectorAll(".am-edge")).toHaveLength(arcs.length);
    expect(words(panel, ".am-edge-label")).toEqual(skips.map(() => "skip"));
    expect(panel.querySelector("svg.am-svg")!.getAttribute("aria-label")).toMatch(new RegExp(`^${boxes.length} blocks from input to linear, 10, ${skips.length} connections? past others, [\\d,]+ parameters\\.$`));
    expect(panel.querySelector(".am-caption")!.textContent).toBe(" Trial 13, conv (the best so far)");
    const lines = [...unfold(el, "am-diagram").querySelectorAll("tbody tr")].map((line) => words(line, "th, td"));
    expect(lines).toEqual(boxes.map(({ id, shape, parameters, multiply_adds, text }) => [id, shape.join(" × "), format.count(parameters), format.count(multiply_adds), text]));
  });

  it("are wide as they have units, on a logarithmic scale, and no two lie on each other", () => {
    const { boxes, height } = layOut([box("a", { width: 1 }), box("b", { width: 64 }), box("c", { width: 8 }), box("d", { width: null })], []);
    const widths = boxes.map(({ width }) => width);
    expect(widths[0]!).toBeLessThan(widths[2]!);
    expect(widths[2]!).toBeLessThan(widths[1]!);
    expect(widths.every((width) => width >= 30 && width <= 96)).toBe(true);
    boxes.slice(1).forEach(({ y }, at) => expect(y - boxes[at]!.y).toBe(PITCH));
    expect(height).toBeGreaterThanOrEqual(boxes.at(-1)!.y + TALL);
  });

  it("are connected as they are told, and follow one another where nothing is told", () => {
    const boxes = ["a", "b", "c"].map((id) => box(id));
    const arc = (from: string, to: string, label = "") => ({ from, to, label });
    const pairs = (arcs: { from: string; to: string }[]) => arcs.map(({ from, to }) => from + to).sort();
    expect(pairs(arcsOf(boxes, []))).toEqual(["ab", "bc"]);
    expect(pairs(arcsOf(boxes, [arc("a", "b"), arc("a", "c")]))).toEqual(["ab", "ac"]);
    expect(pairs(arcsOf(boxes, [arc("a", "b"), arc("c", "a"), arc("a", "nowhere")]))).toEqual(["ab"]);
    expect(arcsOf(boxes, [arc("a", "b", "conv 3"), arc("a", "c"), arc("a", "b", "skip")])[0]).toEqual(arc("a", "b", "conv 3 + skip"));
  });

  it("have skips in lanes of their own where these pass by the same block", () => {
    const boxes = ["a", "b", "c", "d", "e"].map((id) => box(id));
    const arc = (from: string, to: string) => ({ from, to, label: "skip" });
    const laid = layOut(boxes, [arc("a", "c"), arc("b", "d"), arc("c", "e"), arc("a", "e")]);
    const long = laid.edges.filter(({ isLong }) => isLong);
    const lane = new Map(long.map((edge) => [edge.arc.from + edge.arc.to, edge.x]));
    expect(lane.get("ac")).toBe(lane.get("ce"));
    expect(new Set(lane.values()).size).toBe(3);
    expect(Math.min(...lane.values())).toBeGreaterThan(0);
    expect(Math.max(...lane.values())).toBeLessThan(Math.min(...laid.boxes.map(({ x }) => x)));
  });

  it("that nobody knows are said not to be in the record", () => {
    push(about(), status({ best: 0 }), limits(), trial(0, 0.9));
    const panel = open().querySelector<HTMLElement>(".am-diagram")!;
    expect(words(panel, ".am-empty:not([hidden])")).toEqual(["Its blocks are on their way."]);
    push({ kind: "network", trial: 0, title: "MyNetwork", boxes: [], arcs: [] });
    expect(words(panel, ".am-empty:not([hidden])")).toEqual(["Its blocks are not in the record."]);
    expect(panel.textContent).toContain("MyNetwork");
  });

  it("are those of the best where a line to beat is selected", () => {
    push(about(), status({ best: 1 }), limits(), trial(0, 0.9, { hidden: true, origin: "baseline" }), curve(0, [0.9]), trial(1, 0.8), curve(1, [0.8]));
    press(open().querySelector(".am-learning .am-stage-picture")!, "Home");
    expect(el.querySelector(".am-diagram .am-caption")!.textContent).toContain("Trial 1");
  });
});

describe("where the time went", () => {
  it("is a bar for each family, lines to beat left out", () => {
    const rows = [trial(0, 0.9, { model: "conv", seconds: 30 }), trial(1, null, { model: "mlp", seconds: 10, state: "failed" }), trial(2, 0.9, { seconds: 60, hidden: true })];
    expect([...timesOf(rows)]).toEqual([["conv", { seconds: 30, networks: 1 }], ["mlp", { seconds: 10, networks: 1 }]]);
    push(about({ models: ["mlp", "conv"] }), status(), limits(), ...rows);
    const panel = open().querySelector(".am-times")!;
    expect(words(panel, ".am-shares li")).toEqual([" mlp 125 %", " conv 175 %"]);
    expect(panel.textContent).toContain("40 s of training in 2 networks.");
  });

  it("says what was refused, and why", () => {
    expect(refusedSaid(null)).toBe("");
    expect(refusedSaid(limits())).toBe("");
    expect(refusedSaid(limits({ refused: [{ why: "too slow", count: 1 }] }))).toBe("1 network was drawn and refused before training: too slow.");
    expect(refusedSaid(limits({ refused: [{ why: "a", count: 2 }, { why: "b", count: 3 }] }))).toContain("5 networks were drawn and refused before training");
  });
});

describe("an axis", () => {
  it("that is logarithmic has few round numbers", () => {
    expect(logTicks({ low: 1, high: 27 }, 10)).toEqual([1, 2, 5, 10, 20]);
    expect(logTicks({ low: 700, high: 60_000 }, 8)).toEqual([1000, 2000, 5000, 10_000, 20_000, 50_000]);
    expect(logTicks({ low: 1, high: 1e12 }, 5).length).toBeLessThanOrEqual(5);
    expect(logTicks({ low: 1100, high: 1900 }, 8)).toEqual([1200, 1400, 1600, 1800]);
  });

  it("keeps what lies outside at its ends", () => {
    const x = ruler({ low: 1, high: 100 }, 0, 200, 5, true);
    expect([0.1, 1, 10, 100, 1000].map((value) => Math.round(x.at(value)))).toEqual([0, 0, 100, 200, 200]);
  });
});

describe("the way to a line", () => {
  it("is measured to its nearest part, of a single point too", () => {
    const line = [[0, 0], [10, 0], [10, 10]] as const;
    expect(distanceTo(line, 5, 3)).toBe(3);
    expect(distanceTo(line, 14, 5)).toBe(4);
    expect(distanceTo([[1, 1]], 4, 5)).toBe(5);
    expect(distanceTo([], 0, 0)).toBe(Infinity);
  });
});

describe("large numbers", () => {
  it("are set apart, or in short", () => {
    expect([0, 999, 1000, 1234567].map(format.count)).toEqual(["0", "999", "1,000", "1,234,567"]);
    expect([0.5, 12, 1500, 50_000, 3_456_789, 2e9].map(format.compact)).toEqual(["0.5", "12", "1.5k", "50k", "3.46M", "2G"]);
  });
});
