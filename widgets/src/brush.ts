// A brush on a vertical axis: drawn with the pointer, or moved by its two ends, which keys reach.
import type { Axis, Brush } from "./axes";
import { element, setShown } from "./dom";

const KEYS: Record<string, number> = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 5, PageDown: -5 };
const LEAST = 4; // px below which a drag is a click

export interface BrushView {
  element: HTMLElement;
  show(brush: Brush | undefined): void;
}

/** Make the brush of an axis; `changed` is given null where the brush is taken away. */
export function makeBrush(axis: Axis, changed: (brush: Brush | null) => void): BrushView {
  let now: Brush | undefined;
  const area = element("div", { class: "am-brush-area", hidden: true });
  const makeEnd = (word: string): HTMLElement =>
    element("div", { class: "am-brush-end", role: "slider", tabindex: 0, "aria-orientation": "vertical", "aria-valuemin": 0, "aria-valuemax": 100, "aria-label": `${axis.name}, brush ${word}` });
  const ends = [makeEnd("from"), makeEnd("to")];
  const root = element("div", { class: "am-brush" }, area, ...ends);
  let meant = false; // what the pointer did was meant for the brush: it is no click on a line
  const whole = () => now ?? { low: 0, high: 1 };

  const paint = () => {
    const { low, high } = whole();
    setShown(area, now !== undefined);
    area.style.bottom = `${100 * low}%`;
    area.style.top = `${100 * (1 - high)}%`;
    ends.forEach((end, at) => {
      const place = at === 0 ? low : high;
      end.style.bottom = `${100 * place}%`;
      end.setAttribute("aria-valuenow", String(Math.round(100 * place)));
      end.setAttribute("aria-valuetext", now === undefined ? `${saidEnd(axis, place, at)}, not brushed` : saidEnd(axis, place, at));
    });
    root.classList.toggle("am-brushed", now !== undefined);
  };
  const put = (low: number, high: number) => {
    const next = settled(axis, low, high);
    now = next ?? undefined;
    paint();
    changed(next);
  };

  ends.forEach((end, at) =>
    end.addEventListener("keydown", (event) => {
      const next = keyed(axis, whole(), at as 0 | 1, event.key);
      if (next === undefined) return;
      event.preventDefault();
      put(next.low, next.high);
    }),
  );
  root.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    meant = now !== undefined;
    root.setPointerCapture?.(event.pointerId);
    const box = root.getBoundingClientRect();
    const placeAt = (y: number) => Math.min(1, Math.max(0, 1 - (y - box.top) / box.height));
    const [begun, first] = [event.clientY, whole()];
    const end = now === undefined ? -1 : ends.indexOf(event.target as HTMLElement);
    if (event.target instanceof HTMLElement && ends.includes(event.target)) event.target.focus();
    const move = (next: PointerEvent) => {
      if (Math.abs(next.clientY - begun) < LEAST && end < 0) return;
      const place = placeAt(next.clientY);
      meant = true;
      if (end >= 0) put(end === 0 ? Math.min(place, first.high) : first.low, end === 1 ? Math.max(place, first.low) : first.high);
      else if (event.target === area) {
        const shift = Math.min(1 - first.high, Math.max(-first.low, (begun - next.clientY) / box.height));
        put(first.low + shift, first.high + shift);
      } else put(Math.min(place, placeAt(begun)), Math.max(place, placeAt(begun)));
    };
    const drop = (last: PointerEvent) => {
      root.removeEventListener("pointermove", move);
      if (Math.abs(last.clientY - begun) < LEAST && end < 0 && now !== undefined) put(0, 1);
    };
    root.addEventListener("pointermove", move);
    root.addEventListener("pointerup", drop, { once: true });
    root.addEventListener("pointercancel", drop, { once: true });
  });
  root.addEventListener("click", (event) => meant && event.stopPropagation());
  paint();
  return {
    element: root,
    show(brush) {
      if (brush?.low === now?.low && brush?.high === now?.high) return;
      now = brush;
      paint();
    },
  };
}

/** Return the brush between two places, at the edges of options on a choice; null where it holds the whole axis. */
export function settled(axis: Axis, low: number, high: number): Brush | null {
  let [from, to] = [Math.max(0, Math.min(low, high)), Math.min(1, Math.max(low, high))];
  if (axis.options !== null) {
    const count = axis.options.length;
    from = Math.floor(from * count + 1e-6) / count;
    to = Math.max(from + 1 / count, Math.ceil(to * count - 1e-6) / count);
  }
  return from <= 1e-9 && to >= 1 - 1e-9 ? null : { low: from, high: to };
}

/** Return the brush after a key on one of its ends; undefined where the key is none of ours. */
export function keyed(axis: Axis, brush: Brush, end: 0 | 1, key: string): Brush | undefined {
  if (key === "Escape") return { low: 0, high: 1 };
  const gap = axis.options === null ? 0 : axis.step;
  const bounds = end === 0 ? [0, brush.high - gap] : [brush.low + gap, 1];
  const moved = (end === 0 ? brush.low : brush.high) + axis.step * (KEYS[key] ?? 0);
  const next = key === "Home" ? bounds[0]! : key === "End" ? bounds[1]! : key in KEYS ? Math.min(bounds[1]!, Math.max(bounds[0]!, moved)) : undefined;
  if (next === undefined) return undefined;
  return end === 0 ? { low: next, high: brush.high } : { low: brush.low, high: next };
}

/** Return what an end of a brush stands at; on a choice, the outermost option inside. */
function saidEnd(axis: Axis, place: number, end: number): string {
  const inward = axis.options === null ? 0 : (end === 0 ? 0.5 : -0.5) * axis.step;
  return axis.said(place + inward);
}
