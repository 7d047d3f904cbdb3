// The Space tab: a slider for each number, checkboxes for each choice. What the kernel answers is shown as the truth.
import { make, setText } from "./format";
import type { Message, ParameterRow, Scalar } from "./protocol";
import { rangeSlider } from "./slider";
import type { Store } from "./store";
import { told } from "./format";

interface Control {
  root: HTMLElement;
  update: (row: ParameterRow) => void;
}

export function spaceTab(store: Store, say: (message: Message) => void): { root: HTMLElement; update: () => void } {
  const groups = new Map<string, HTMLElement>();
  const controls = new Map<string, Control>();
  const hint = make("p", { class: "am-note" }, "Narrow the search while it runs: every trial from then on respects it. Old trials stay on the picture; those outside no longer guide.");
  const list = make("div", { class: "am-groups" });
  const root = make("div", { class: "am-space" }, hint, list);

  function group(row: ParameterRow): HTMLElement {
    const key = row.label === "model" ? "\u0000" : row.model ?? "\u0001";
    const known = groups.get(key);
    if (known) return known;
    const name = row.label === "model" ? "Families" : row.model ?? "All families";
    const element = make("details", { class: "am-group" }, make("summary", {}, name));
    element.dataset["key"] = key;
    element.open = row.label === "model" || row.model === null;
    groups.set(key, element);
    const places = store.about?.models ?? [];
    const order = (part: string) => (part === "\u0000" ? -2 : part === "\u0001" ? -1 : places.indexOf(part));
    list.replaceChildren(...[...groups.values()].sort((a, b) => order(a.dataset["key"]!) - order(b.dataset["key"]!)));
    return element;
  }

  function update(): void {
    const rows = [...store.parameters.values()].sort((a, b) => a.order - b.order);
    for (const row of rows) {
      let control = controls.get(row.label);
      if (!control) {
        control = row.type === "choice" ? checkboxes(row, say) : numbers(row, say);
        controls.set(row.label, control);
        group(row).append(control.root);
      }
      control.update(row);
    }
    const families = store.parameters.get("model")?.options;
    for (const [key, element] of groups) element.classList.toggle("am-off", families !== undefined && key > "\u0001" && !families.includes(key));
  }
  return { root, update };
}

/** The label without the family, which the group says already. */
function nameOf(row: ParameterRow): string {
  return row.model !== null && row.label.startsWith(`${row.model}.`) ? row.label.slice(row.model.length + 1) : row.label;
}

function frame(row: ParameterRow, say: (message: Message) => void): { root: HTMLElement; body: HTMLElement; value: HTMLElement; reset: HTMLButtonElement } {
  const value = make("span", { class: "am-value" });
  const reset = make("button", { type: "button", class: "am-reset", "aria-label": `Reset ${row.label}`, title: "Back to the declared range" }, "reset");
  reset.addEventListener("click", () => say({ kind: "reset", label: row.label }));
  const body = make("div", { class: "am-control" });
  const root = make("fieldset", { class: "am-parameter" }, make("legend", { title: row.label }, nameOf(row)), body, value, reset);
  root.dataset["label"] = row.label;
  return { root, body, value, reset };
}

function numbers(row: ParameterRow, say: (message: Message) => void): Control {
  const { root, body, value, reset } = frame(row, say);
  const slider = rangeSlider(row, (low, high) => say({ kind: "narrow", label: row.label, low, high }), (text) => setText(value, text));
  body.append(slider.root);
  return {
    root,
    update: (now) => {
      slider.set(now.low!, now.high!);
      reset.hidden = now.low === now.full_low && now.high === now.full_high;
    },
  };
}

function checkboxes(row: ParameterRow, say: (message: Message) => void): Control {
  const { root, body, reset } = frame(row, say);
  const boxes = row.full_options.map((option) => {
    const input = make("input", { type: "checkbox" });
    input.addEventListener("change", () => {
      const chosen = row.full_options.filter((_, place) => boxes[place]!.input.checked);
      if (chosen.length === 0) input.checked = true;
      else say({ kind: "choose", label: row.label, options: chosen });
    });
    body.append(make("label", { class: "am-option" }, input, option === "value" ? "a range" : told(option)));
    return { option, input };
  });
  return {
    root,
    update: (now) => {
      const same = (one: Scalar, other: Scalar) => one === other;
      for (const { option, input } of boxes) input.checked = now.options.some((kept) => same(kept, option));
      reset.hidden = now.options.length === now.full_options.length;
    },
  };
}
