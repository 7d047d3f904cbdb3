// anywidget's entry for a race: each searcher by itself, all of them on one picture, who is ahead, Pause and Stop.
import { element, freshId, setShown, setText, svg } from "./dom";
import { colour, dash } from "./drawing";
import * as format from "./format";
import { connect, type Model, type Send } from "./link";
import { glyph } from "./marks";
import type { RaceRow, RunnerRow } from "./protocol";
import { alone, overlay, plane, type Frame } from "./race_chart";
import { RaceStore } from "./race_store";
import { isBetter } from "./ranking";
import { scoreRange } from "./range";
import { followTheme } from "./theme";

const PATIENCE = 3000; // ms to wait for the kernel before saying how else to stop
const NARROWEST = 190; // px of a small picture

/** Draw the race of `model` into `el`; return how to take it down again. */
export function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const store = new RaceStore();
  let send: Send = () => {};
  let frame = 0;
  const root = element("section", { class: "automl-panel am-race", "aria-label": "Race of searchers" });
  el.append(root);
  const head = makeHead((message) => send(message));
  const small = element("div", { class: "am-race-small" });
  const caption = element("p", { class: "am-caption", id: freshId("race") });
  const large = element("div", { class: "am-race-large", role: "group", "aria-labelledby": caption.id });
  const legend = element("ul", { class: "am-legend", "aria-label": "Legend" });
  const verdict = element("div", { class: "am-race-verdict", role: "status", "aria-live": "polite" });
  const table = makeTable();
  root.append(head.element, small, caption, large, legend, verdict, table.element);

  const draw = () => {
    frame = 0;
    const { race } = store;
    const runners = store.inOrder();
    head.update(race);
    setText(caption, race ? captionOf(race, runners) : "Waiting for the kernel…");
    if (race === null) return;
    drawPictures(store, race, runners, small, large);
    drawLegend(legend, runners);
    drawVerdict(verdict, race);
    table.update(race, runners);
  };
  const soon = () => {
    if (frame === 0) frame = requestAnimationFrame(draw);
  };
  const watcher = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(soon);
  watcher?.observe(root);
  const unfollow = followTheme(root, soon);
  const link = connect(model, store, soon);
  send = link.send;
  soon();
  return () => {
    cancelAnimationFrame(frame);
    watcher?.disconnect();
    unfollow();
    link.close();
    head.close();
    root.remove();
  };
}

/** Return how long the axes are, for all pictures alike: small ones and the large one are read together. */
export function frameOf(race: RaceRow, runners: RunnerRow[], width: number, height: number): Frame {
  const ends = runners.flatMap((runner) => [...runner.middle, ...runner.low, ...runner.high].filter((value) => value !== null));
  const limits = runners.map((runner) => Math.max(runner.of ?? 0, runner.middle.length, runner.dots.length));
  return { width, height, trials: Math.max(2, ...limits), range: scoreRange(ends, race.better, race.minimum) };
}

function drawPictures(store: RaceStore, race: RaceRow, runners: RunnerRow[], small: HTMLElement, large: HTMLElement): void {
  const width = Math.max(260, Math.floor(large.clientWidth));
  const columns = Math.max(1, Math.min(runners.length, Math.floor((width + 12) / (NARROWEST + 12))));
  const own = Math.floor((width - 12 * (columns - 1)) / columns);
  small.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
  const figures = runners.map((runner) => {
    const frame = frameOf(race, runners, own, store.plane === null ? 130 : Math.min(240, Math.round(own * 0.8)));
    const drawn = store.plane === null ? alone(runner, frame) : plane(runner, store.plane, frame);
    const made = runner.of === null ? format.counted(runner.made, "trial") : `${runner.made} of ${format.counted(runner.of, "trial")}`;
    const name = element("span", { class: "am-race-name" }, runner.name);
    return element("figure", { class: "am-race-figure" }, element("figcaption", {}, name, element("span", { class: "am-count" }, made)), drawn as unknown as Node);
  });
  small.replaceChildren(...figures);
  large.replaceChildren(overlay(runners, frameOf(race, runners, width, Math.max(200, Math.min(320, Math.round(width * 0.34)))), race.minimum));
}

function captionOf(race: RaceRow, runners: RunnerRow[]): string {
  const runs = Math.max(0, ...runners.map((runner) => runner.runs));
  const kind = runs < 2 ? "" : `, median and ${runs < 5 ? "whole range" : "middle half"} of ${runs} repeats`;
  return `Best ${race.metric} so far (${race.better} is better)${kind}`;
}

function drawLegend(legend: HTMLElement, runners: RunnerRow[]): void {
  const items = runners.map((runner) => {
    const line = svg("svg", { class: "am-race-sign", viewBox: "0 0 30 10", "aria-hidden": "true" },
      svg("path", { d: "M0 5H30", fill: "none", stroke: colour(runner.place), "stroke-width": 2, "stroke-dasharray": dash(runner.place) }));
    const item = element("li", {}, element("span", {}, runner.name), element("span", { class: "am-count" }, format.score(runner.best)));
    item.prepend(glyph(runner.place), line);
    return item;
  });
  legend.replaceChildren(...items);
}

/** Say who won, once each sentence: a renewed region would be read aloud again. */
function drawVerdict(host: HTMLElement, race: RaceRow): void {
  const wanted = race.state === "ended" ? race.verdict : [];
  if (host.dataset.said === wanted.join("\n")) return;
  host.dataset.said = wanted.join("\n");
  host.replaceChildren(...wanted.map((sentence) => element("p", {}, sentence)));
}

function makeHead(send: Send): { element: HTMLElement; update(race: RaceRow | null): void; close(): void } {
  const title = element("span", { class: "am-title" });
  const about = element("span", { class: "am-muted" });
  const hint = element("span", { class: "am-answer", role: "status", hidden: true });
  const pause = element("button", { type: "button" }, "Pause");
  const stop = element("button", { type: "button", class: "am-stop" }, "Stop");
  const actions = element("div", { class: "am-actions", role: "group", "aria-label": "Steer the race" }, hint, pause, stop);
  const root = element("header", { class: "am-head" }, element("div", { class: "am-name" }, title, about), actions);
  let state: RaceRow["state"] = "starting";
  let asked = false;
  let timer = 0;
  const settle = () => {
    const isOver = state === "ended";
    setText(pause, state === "paused" ? "Continue" : "Pause");
    setText(stop, !isOver && (asked || state === "stopping") ? "Stopping…" : "Stop");
    pause.disabled = isOver || asked || state === "stopping" || state === "starting";
    stop.disabled = isOver || asked || state === "stopping";
    if (isOver) setShown(hint, false);
  };
  pause.addEventListener("click", () => send({ kind: state === "paused" ? "continue" : "pause" }));
  stop.addEventListener("click", () => {
    asked = true;
    send({ kind: "stop" });
    settle();
    timer = window.setTimeout(() => {
      if (state === "ended" || state === "stopping") return;
      asked = false;
      settle();
      setText(hint, "No answer yet: use ■ to stop.");
      setShown(hint, true);
    }, PATIENCE);
  });
  return {
    element: root,
    update(race) {
      state = race?.state ?? "starting";
      setText(title, race?.title || "Race");
      const repeat = race && race.repeats > 1 ? `repeat ${race.repeat} of ${race.repeats}` : "";
      setText(about, [race?.metric, repeat].filter(Boolean).join(" · "));
      settle();
    },
    close: () => window.clearTimeout(timer),
  };
}

/** The numbers behind the pictures. */
function makeTable(): { element: HTMLElement; update(race: RaceRow, runners: RunnerRow[]): void } {
  const body = element("tbody");
  const score = element("th", { scope: "col", class: "am-number" });
  const heads = element("tr", {}, element("th", { scope: "col" }, "searcher"), score, element("th", { scope: "col", class: "am-number" }, "trials"), element("th", { scope: "col", class: "am-number" }, "runs"));
  const table = element("table", { class: "am-table" }, element("thead", {}, heads), body);
  const root = element("details", { class: "am-behind" }, element("summary", {}, "The numbers"), element("div", { class: "am-scroll" }, table));
  return {
    element: root,
    update(race, runners) {
      setText(score, `best ${race.metric}`);
      const placed = [...runners].sort((a, b) => (a.best === null ? 1 : b.best === null ? -1 : isBetter(a.best, b.best, race.better) ? -1 : 1));
      body.replaceChildren(
        ...placed.map((runner) =>
          element(
            "tr",
            {},
            element("th", { scope: "row" }, runner.name),
            element("td", { class: "am-number" }, format.score(runner.best)),
            element("td", { class: "am-number" }, String(runner.made)),
            element("td", { class: "am-number" }, String(runner.runs)),
          ),
        ),
      );
    },
  };
}

export default { render };
