// A picture that follows the width of its place, and whose marks are chosen by the pointer or by keys.
import type { Context, Part } from "./context";
import { element } from "./dom";
import { stepped } from "./curve";

const BETWEEN = 400; // ms between two paintings while many trials come in
const MANY = 100; // marks from which on it is waited so long

export interface Painted {
  picture: SVGElement;
  /** Return the trial whose mark is near a point of the picture, in px. */
  at(x: number, y: number): number | null;
  /** The trials in the order in which keys go through them. */
  order: number[];
}

/** Make the stage; `paint` is called where `key` differs, the width or what is selected included. Null: nothing to see. */
export function makeStage(context: Context, captionId: string, key: () => string, paint: (width: number) => Painted | null): Part {
  const host = element("div", { class: "am-stage-picture", tabindex: 0, role: "group", "aria-labelledby": captionId });
  let painted: Painted | null = null;
  let drawn = { key: "", chosen: "", at: 0 };

  const update = () => {
    const width = Math.floor(host.clientWidth);
    if (width <= 0) return;
    const [now, chosen] = [key(), String([context.selected(), width, context.store.status?.state])];
    if (now === drawn.key && chosen === drawn.chosen) return;
    if (chosen === drawn.chosen && (painted?.order.length ?? 0) > MANY && Date.now() - drawn.at < BETWEEN) return;
    drawn = { key: now, chosen, at: Date.now() };
    painted = paint(width);
    host.replaceChildren(...(painted === null ? [] : [painted.picture as unknown as Node]));
  };
  host.addEventListener("click", (event) => {
    const box = host.firstElementChild?.getBoundingClientRect();
    if (painted !== null && box !== undefined) context.select(painted.at(event.clientX - box.left, event.clientY - box.top));
  });
  host.addEventListener("keydown", (event) => {
    const next = stepped(painted?.order ?? [], context.selected(), event.key);
    if (next === undefined) return;
    event.preventDefault();
    context.select(next);
  });
  const watcher = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(() => requestAnimationFrame(update));
  watcher?.observe(host);
  return { element: host, update, close: () => watcher?.disconnect() };
}
