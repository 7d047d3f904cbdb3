// The live panel: it keeps a store of rows and draws once a frame at most.
import { makeBar } from "./bar";
import { makeBoard } from "./board";
import type { Context, Part } from "./context";
import { makeCurve } from "./curve";
import { element } from "./dom";
import { connect, type Model, type Send } from "./link";
import { makeMore } from "./more";
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
  const tabs = makeTabs([
    { name: "Curve", part: makeCurve(context, root) },
    { name: "Leaderboard", part: makeBoard(context) },
    { name: "Space", part: makeSpace(context) },
  ]);
  parts.push(makeBar(context), makePlayer(context), tabs, makeMore(context));
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
