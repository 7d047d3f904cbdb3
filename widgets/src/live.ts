// The live panel: an anywidget view over the rows of a run.
import { bar } from "./bar";
import { board } from "./board";
import { curve } from "./curve";
import { make } from "./format";
import type { Batch, Message } from "./protocol";
import { spaceTab } from "./space";
import { Store } from "./store";
import { tabs } from "./tabs";
import { isDark, watchTheme } from "./theme";

const AGAIN = 250; // milliseconds between two tries to be heard

/** What of anywidget's model the panel uses. */
export interface Model {
  send(content: unknown): void;
  on(event: string, listener: (content: never) => void): void;
  off(event: string, listener: (content: never) => void): void;
}

export function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const store = new Store();
  const say = (message: Message) => model.send(message);
  const head = bar(store, say);
  const picture = curve(store);
  const leaders = board(store);
  const space = spaceTab(store, say);
  const shown = tabs([
    { name: "Curve", root: picture.root, update: picture.update },
    { name: "Leaderboard", root: leaders.root, update: leaders.update },
    { name: "Space", root: space.root, update: space.update },
  ]);
  const root = make("section", { class: "am-panel", "aria-label": "AutoML search" }, head.root, shown.root);
  el.append(root);

  let frame = 0;
  function later(): void {
    if (frame) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      head.update();
      shown.update();
    });
  }
  function restyle(): void {
    root.classList.toggle("am-dark", isDark(el));
    picture.restyle();
    leaders.update();
  }
  function receive(batch: Batch): void {
    if (!batch || !Array.isArray(batch.rows)) return;
    if (!store.apply(batch)) say({ kind: "ready", have: 0 });
  }
  const forget = store.subscribe(later);
  const stopWatching = watchTheme(restyle);
  model.on("msg:custom", receive as (content: never) => void);
  root.classList.toggle("am-dark", isDark(el));
  say({ kind: "ready", have: 0 });
  // While a cell runs, JupyterLab sends to the kernel's main shell until the comm's own subshell is there: what is said
  // before then is heard only when the cell has ended. So it is said again until rows come.
  const asking = window.setInterval(() => {
    if (store.seq > 0) window.clearInterval(asking);
    else say({ kind: "ready", have: 0 });
  }, AGAIN);
  later();
  return () => {
    cancelAnimationFrame(frame);
    window.clearInterval(asking);
    model.off("msg:custom", receive as (content: never) => void);
    forget();
    stopWatching();
    head.stop();
    picture.stop();
    root.remove();
  };
}

export default { render };
