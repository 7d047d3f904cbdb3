// One parameter in the Space tab: slider or checkboxes, reset, and what the kernel answered.
import type { Context } from "./context";
import { makeDots, type Past } from "./dots";
import { element, freshId, setText } from "./dom";
import { makeFix } from "./fix";
import * as format from "./format";
import { glyph } from "./marks";
import type { ParameterRow, Scalar } from "./protocol";
import { scaleOf } from "./scale";
import { makeConstant, makeSlider } from "./slider";

const PATIENCE = 4000; // ms to wait for the kernel before the picture goes back to what is true

export interface ParameterView {
  element: HTMLElement;
  show(row: ParameterRow, ended: boolean): void;
  /** Show the past trials at their values. */
  showPast(past: Past[]): void;
  close(): void;
}

interface Control {
  element: HTMLElement;
  show(row: ParameterRow): void;
  setDisabled(disabled: boolean): void;
  showPast?(past: Past[]): void;
  close?(): void;
}

export function isNarrowed(row: ParameterRow): boolean {
  if (row.type === "choice") return row.options.length < row.full_options.length;
  return row.low !== row.full_low || row.high !== row.full_high;
}

/** Whether one value is left of several. */
function isFixed(row: ParameterRow): boolean {
  return isNarrowed(row) && (row.type === "choice" ? row.options.length === 1 : row.low === row.high);
}

function hasOneValue(row: ParameterRow): boolean {
  return row.type === "choice" ? row.full_options.length < 2 : row.full_low === row.full_high;
}

export function makeParameter(first: ParameterRow, context: Context): ParameterView {
  let row = first;
  let timer = 0;
  const isTop = first.label === "model";
  const name = isTop ? "families" : format.shortLabel(first.label, first.model);
  const label = element("span", { class: "am-label", id: freshId("label") }, name);
  const kind = element("span", { class: "am-kind" }, first.log ? "log scale" : "");
  const reset = element("button", { type: "button", class: "am-small am-reset", "aria-label": `Reset ${name}` }, "Reset");
  const answer = element("span", { class: "am-answer", role: "status" });
  const root = element("div", { class: "am-parameter", role: "group", "aria-labelledby": label.id });

  const wait = () => {
    root.classList.add("am-waiting");
    setText(answer, "");
    window.clearTimeout(timer);
    timer = window.setTimeout(() => {
      root.classList.remove("am-waiting");
      control.show(row);
      setText(answer, "Not changed: the kernel refused it or has not answered yet.");
    }, PATIENCE);
  };
  const say = (text: string) => setText(answer, text);
  const control = makeControl(first, context, wait, say);
  const fix = isTop ? null : makeFix(name, () => row, context, wait, say);
  const buttons = element("div", { class: "am-parameter-buttons" }, hasOneValue(first) ? null : (fix?.button ?? null), reset);
  root.append(element("div", { class: "am-label-cell" }, label, kind), control.element, buttons, ...(fix ? [fix.form] : []), answer);
  reset.addEventListener("click", () => {
    context.send({ kind: "reset", label: row.label });
    wait();
  });
  return {
    element: root,
    show(next, ended) {
      if (next !== row) {
        row = next;
        window.clearTimeout(timer);
        root.classList.remove("am-waiting");
        setText(answer, "");
      }
      control.show(row);
      control.setDisabled(ended);
      fix?.setDisabled(ended);
      const fixed = isFixed(row) && !isTop;
      root.classList.toggle("am-narrowed", isNarrowed(row));
      setText(kind, [fixed ? "fixed" : "", row.log ? "log scale" : ""].filter(Boolean).join(", "));
      setText(reset, fixed ? "Free" : "Reset");
      reset.setAttribute("aria-label", `${fixed ? "Free" : "Reset"} ${name}`);
      reset.disabled = ended || !isNarrowed(row);
    },
    showPast: (past) => control.showPast?.(past),
    close() {
      window.clearTimeout(timer);
      control.close?.();
    },
  };
}

function makeControl(row: ParameterRow, context: Context, wait: () => void, say: (text: string) => void): Control {
  if (row.type === "choice") return makeOptions(row, context, wait, say);
  if (row.full_low === row.full_high) return { element: makeConstant(row.full_low ?? 0), show: () => {}, setDisabled: () => {} };
  const name = format.shortLabel(row.label, row.model);
  const dots = makeDots(name, scaleOf(row));
  const change = (low: number, high: number) => {
    context.send({ kind: "narrow", label: row.label, low, high });
    wait();
  };
  const slider = makeSlider(name, scaleOf(row), change, dots.element);
  return { ...slider, show: (now) => slider.show(now.low ?? 0, now.high ?? 0), showPast: dots.show };
}

function makeOptions(row: ParameterRow, context: Context, wait: () => void, say: (text: string) => void): Control {
  const key = (option: Scalar) => JSON.stringify(option);
  const families = row.label === "model" ? context.store.families() : [];
  const boxes = row.full_options.map((option) => ({ option, box: element("input", { type: "checkbox" }) }));
  const root = element("div", { class: "am-options" });
  for (const { option, box } of boxes) {
    const item = element("label", { class: "am-option" }, box, format.value(option));
    const family = families.indexOf(String(option));
    if (family >= 0) box.after(glyph(family));
    root.append(item);
    box.addEventListener("change", () => {
      const chosen = boxes.filter((other) => other.box.checked).map((other) => other.option);
      if (chosen.length === 0) {
        box.checked = true;
        return say("At least one must stay.");
      }
      context.send({ kind: "choose", label: row.label, options: chosen });
      wait();
    });
  }
  let shown: ParameterRow | null = null;
  return {
    element: root,
    show(now) {
      if (now === shown && root.closest(".am-waiting")) return;
      shown = now;
      const chosen = new Set(now.options.map(key));
      for (const { option, box } of boxes) box.checked = chosen.has(key(option));
    },
    setDisabled: (disabled) => boxes.forEach(({ box }) => (box.disabled = disabled)),
  };
}
