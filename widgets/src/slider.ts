// Two thumbs on one track: two native range inputs laid over each other, with a field for each bound.
import { element, setText } from "./dom";
import * as format from "./format";
import { clamp, moved, placeOf, STEPS, valueAt, type Scale } from "./scale";

const KEYS: Record<string, number> = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
const SETTLE = 400; // ms after the last key before the bounds are sent

export interface Slider {
  element: HTMLElement;
  /** Show bounds, unless the person is just moving a thumb. */
  show(low: number, high: number): void;
  setDisabled(disabled: boolean): void;
  close(): void;
}

/** `under` is drawn under the track, at its scale. */
export function makeSlider(name: string, scale: Scale, commit: (low: number, high: number) => void, under: Element | null = null): Slider {
  let bounds: [number, number] = [scale.low, scale.high];
  let busy = false;
  let timer = 0;
  const thumbs = [0, 1].map((end) =>
    element("input", { type: "range", min: 0, max: STEPS, step: "any", class: "am-thumb", "aria-label": `${name}, ${end ? "highest" : "lowest"}` }),
  ) as [HTMLInputElement, HTMLInputElement];
  const fields = [0, 1].map((end) =>
    element("input", { type: "text", inputmode: "decimal", class: "am-field", "aria-label": `${name}, ${end ? "highest" : "lowest"} value` }),
  ) as [HTMLInputElement, HTMLInputElement];
  const fill = element("div", { class: "am-range-fill" });
  const track = element("div", { class: "am-range" }, element("div", { class: "am-range-track" }), fill, ...thumbs);
  const root = element("div", { class: "am-slider" }, fields[0], track, fields[1], under);

  const paint = () => {
    const places = bounds.map((bound) => placeOf(scale, bound)) as [number, number];
    fill.style.left = `${(100 * places[0]) / STEPS}%`;
    fill.style.right = `${100 - (100 * places[1]) / STEPS}%`;
    thumbs.forEach((thumb, end) => {
      thumb.value = String(places[end]);
      thumb.setAttribute("aria-valuetext", format.number(bounds[end]!));
      if (document.activeElement !== fields[end]) fields[end]!.value = format.number(bounds[end]!).replace("−", "-");
    });
    thumbs[0].classList.toggle("am-above", places[0] > STEPS / 2); // both thumbs at one end: the one that can move is on top
  };
  const put = (end: number, value: number) => {
    bounds = end === 0 ? [Math.min(value, bounds[1]), bounds[1]] : [bounds[0], Math.max(value, bounds[0])];
    paint();
  };
  const settle = () => {
    window.clearTimeout(timer);
    busy = false;
    commit(...bounds);
  };
  thumbs.forEach((thumb, end) => {
    thumb.addEventListener("input", () => {
      busy = true;
      put(end, valueAt(scale, Number(thumb.value)));
    });
    thumb.addEventListener("change", settle);
    thumb.addEventListener("keydown", (event) => {
      const next = keyed(scale, bounds[end]!, event.key);
      if (next === null) return;
      event.preventDefault();
      busy = true;
      put(end, next);
      window.clearTimeout(timer);
      timer = window.setTimeout(settle, SETTLE);
    });
  });
  fields.forEach((field, end) => {
    field.addEventListener("change", () => {
      const typed = Number(field.value.trim().replace(",", ".").replace("−", "-"));
      const usable = field.value.trim() !== "" && Number.isFinite(typed);
      field.setAttribute("aria-invalid", String(!usable));
      if (!usable) return;
      put(end, Math.min(scale.high, Math.max(scale.low, scale.whole ? Math.round(typed) : typed)));
      field.value = format.number(bounds[end]!).replace("−", "-");
      settle();
    });
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault(); // in JupyterLab the key would not end the typing by itself
      field.blur();
      field.focus();
    });
    field.addEventListener("blur", () => {
      field.removeAttribute("aria-invalid");
      paint();
    });
  });
  paint();
  return {
    element: root,
    show(low, high) {
      if (busy) return;
      bounds = [low, high];
      paint();
    },
    setDisabled(disabled) {
      for (const input of [...thumbs, ...fields]) input.disabled = disabled;
    },
    close: () => window.clearTimeout(timer),
  };
}

function keyed(scale: Scale, value: number, key: string): number | null {
  if (key === "Home") return scale.low;
  if (key === "End") return scale.high;
  const steps = KEYS[key];
  return steps === undefined ? null : clampEnds(scale, moved(scale, value, steps));
}

function clampEnds(scale: Scale, value: number): number {
  return value === scale.low || value === scale.high ? value : clamp(scale, value);
}

/** A parameter with one possible value needs no slider. */
export function makeConstant(value: number): HTMLElement {
  const made = element("span", { class: "am-muted" });
  setText(made, `always ${format.number(value)}`);
  return made;
}
