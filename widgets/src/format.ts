// Numbers and values as a person writes them; elements made without markup in text.
import type { Scalar, TrialRow } from "./protocol";

/** Four significant digits. */
export function short(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  const text = value.toPrecision(4);
  return Math.abs(value) >= 1e-4 && Math.abs(value) < 1e6 ? String(Number(text)) : Number(text).toExponential();
}

export function told(value: Scalar): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "number" ? short(value) : value;
}

/** "1:05" for 65 seconds. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export function parametersOf(trial: TrialRow): string {
  return Object.entries(trial.params)
    .map(([label, value]) => `${label} = ${told(value)}`)
    .join(", ");
}

type Child = Node | string;

/** Make an element; children that are strings become text, never markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Set an element's text where it differs: screen readers and selections are left alone otherwise. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
