// A range slider with two thumbs: two native range inputs, so keyboard and screen readers work as everywhere.
import { make, short } from "./format";
import type { ParameterRow } from "./protocol";

const STEPS = 1000;

/** Where a value lies between the declared bounds, 0 to 1, on the parameter's scale. */
export function placeOf(row: ParameterRow, value: number): number {
  const low = row.full_low!, high = row.full_high!;
  if (low === high) return 0;
  return row.log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
}

/** The value at a place; whole for whole numbers, four digits else, the bounds themselves at the ends. */
export function valueAt(row: ParameterRow, place: number): number {
  const low = row.full_low!, high = row.full_high!;
  if (place <= 0) return low;
  if (place >= 1) return high;
  const value = row.log ? low * Math.pow(high / low, place) : low + place * (high - low);
  return row.type === "int" ? Math.round(value) : Math.min(high, Math.max(low, Number(value.toPrecision(4))));
}

export function rangeSlider(
  row: ParameterRow,
  commit: (low: number, high: number) => void,
  show: (text: string) => void,
): { root: HTMLElement; set: (low: number, high: number) => void } {
  const thumb = (name: string) => make("input", { type: "range", min: "0", max: String(STEPS), step: "1", class: `am-thumb am-${name}`, "aria-label": `${row.label}, ${name}` });
  const [first, second] = [thumb("lowest"), thumb("highest")];
  const span = make("div", { class: "am-span" });
  const root = make("div", { class: "am-slider" }, make("div", { class: "am-track" }, span), first, second);
  let now = { low: row.low!, high: row.high! };
  let dragging = false;

  const places = () => [Number(first.value) / STEPS, Number(second.value) / STEPS] as const;
  function chosen(): { low: number; high: number } {
    const [a, b] = places();
    const keep = (place: number, value: number) => (Math.round(placeOf(row, value) * STEPS) === Math.round(place * STEPS) ? value : valueAt(row, place));
    return { low: keep(a, now.low), high: keep(b, now.high) };
  }
  function draw(): void {
    const [a, b] = places();
    span.style.left = `${100 * a}%`;
    span.style.right = `${100 * (1 - b)}%`;
    const { low, high } = chosen();
    first.setAttribute("aria-valuetext", short(low));
    second.setAttribute("aria-valuetext", short(high));
    show(low === high ? short(low) : `${short(low)} to ${short(high)}${row.log ? " (log)" : ""}`);
  }
  for (const input of [first, second]) {
    input.addEventListener("input", () => {
      dragging = true;
      const [a, b] = places();
      if (a > b) input.value = input === first ? second.value : first.value;
      draw();
    });
    input.addEventListener("change", () => {
      dragging = false;
      const { low, high } = chosen();
      if (low !== now.low || high !== now.high) commit(low, high);
    });
  }
  return {
    root,
    set: (low, high) => {
      now = { low, high };
      if (dragging) return;
      first.value = String(Math.round(placeOf(row, low) * STEPS));
      second.value = String(Math.round(placeOf(row, high) * STEPS));
      draw();
    },
  };
}
