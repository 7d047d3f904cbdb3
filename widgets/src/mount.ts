// What every widget of ours has: a store of rows, parts that are drawn once a frame at most, a theme, the wire.
import type { Context, Part } from "./context";
import { element } from "./dom";
import { connect, type Model, type Send } from "./link";
import { Store } from "./store";
import { followTheme } from "./theme";

/** Draw the parts that `build` makes for `model` into `el`, under the name `label`; return how to take them down. */
export function mount(
  model: Model,
  el: HTMLElement,
  label: string,
  build: (context: Context, root: HTMLElement) => Part[],
): () => void {
  const store = new Store();
  let selected: number | null = null;
  let frame = 0;
  let send: Send = () => {};
  let parts: Part[] = [];
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
  const root = element("section", { class: "automl-panel", "aria-label": label });
  el.append(root);
  parts = build(context, root);
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
