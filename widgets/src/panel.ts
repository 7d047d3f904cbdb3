// The live panel: it keeps a store of rows and draws once a frame at most.
import { makeBar } from "./bar";
import { makeBoard } from "./board";
import { makeCode } from "./code";
import { together, type Context, type Part } from "./context";
import { makeCurve } from "./curve";
import { makeDetails } from "./details";
import { element } from "./dom";
import { FamilyChoice } from "./families";
import { makeImportance } from "./importance";
import { connect, type Model, type Send } from "./link";
import { makeLog } from "./log";
import { makeNewest } from "./newest";
import { makeParallel } from "./parallel";
import { makePipeline } from "./pipeline";
import { makePlayer } from "./player";
import { makeSpace } from "./space";
import { Store } from "./store";
import { makeTabs } from "./tabs";
import { followTheme } from "./theme";

/** Draw the panel for `model` into `el`; return how to take it down again. */
export function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const store = new Store();
  let selected: number | null = null;
  let frame = 0;
  let send: Send = () => {};
  const parts: Part[] = [];
  const update = () => {
    frame = 0;
    parts.forEach((part) => part.update());
  };
  const soon = () => {
    if (frame === 0) frame = requestAnimationFrame(update);
  };
  const context: Context = {
    store,
    send: (message) => send(message),
    selected: () => selected,
    select(trial) {
      selected = trial;
      soon();
    },
  };
  const root = element("section", { class: "automl-panel", "aria-label": "Search for the best pipeline" });
  el.append(root);
  const family = new FamilyChoice();
  const tabs = makeTabs(
    [
      { name: "Curve", part: makeCurve(context, root) },
      { name: "Leaderboard", part: makeBoard(context) },
      { name: "Space", part: together(makeSpace(context), makeCode(context)) },
    ],
    [
      { name: "Parallel coordinates", part: makeParallel(context, root, family) },
      { name: "Importance", part: makeImportance(context, family) },
      { name: "Pipeline", part: makePipeline(context) },
      { name: "Log", part: makeLog(context) },
    ],
  );
  parts.push(makeBar(context), makePlayer(context), tabs, makeDetails(context), makeNewest(context));
  root.append(...parts.map((part) => part.element));
  const unfollow = followTheme(root, () => {
    parts.forEach((part) => part.recolour?.());
    soon();
  });
  const link = connect(model, store, soon);
  send = link.send;
  soon();
  return () => {
    cancelAnimationFrame(frame);
    unfollow();
    link.close();
    parts.forEach((part) => part.close?.());
    root.remove();
  };
}
