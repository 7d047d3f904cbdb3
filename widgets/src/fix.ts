// Give a parameter one value: a button, and the small form that it opens.
import type { Context } from "./context";
import { element, freshId, sendOnEnter, setShown } from "./dom";
import * as format from "./format";
import type { ParameterRow, Scalar } from "./protocol";
import { scaleOf, STEPS, valueAt } from "./scale";

export interface Fix {
  button: HTMLButtonElement;
  form: HTMLFormElement;
  setDisabled(disabled: boolean): void;
}

/** `row` tells the parameter as it is now; `wait` is called when the wish was sent, `say` with what is wrong with it. */
export function makeFix(name: string, row: () => ParameterRow, context: Context, wait: () => void, say: (text: string) => void): Fix {
  const id = freshId("fix");
  const button = element("button", { type: "button", class: "am-small am-fix", "aria-label": `Fix ${name}`, "aria-expanded": "false", "aria-controls": id }, "Fix");
  const field = makeField(row(), `Fix ${name} at`);
  const set = element("button", { type: "submit", class: "am-small" }, "Fix it");
  const form = element("form", { class: "am-fix-form", id, hidden: true }, element("span", { class: "am-muted" }, "Fix at"), field, set);

  const open = (shown: boolean) => {
    setShown(form, shown);
    button.setAttribute("aria-expanded", String(shown));
    if (!shown) return button.focus();
    field.value = written(row(), suggested(row(), context));
    field.focus();
  };
  button.addEventListener("click", () => open(form.hidden));
  sendOnEnter(form);
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    open(false);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const value = valueOf(row(), field.value);
    field.setAttribute("aria-invalid", String(value === undefined));
    if (value === undefined) return say(`${name} takes ${allowed(row())}.`);
    context.send({ kind: "fix", label: row().label, value });
    wait();
    open(false);
  });
  return {
    button,
    form,
    setDisabled(disabled) {
      button.disabled = set.disabled = field.disabled = disabled;
      if (disabled) setShown(form, false);
    },
  };
}

/** Make the field of a value: text for a number, a list for a choice. */
export function makeField(row: ParameterRow, name: string): HTMLInputElement | HTMLSelectElement {
  if (row.type !== "choice") return element("input", { type: "text", inputmode: "decimal", class: "am-field", "aria-label": name });
  const options = row.full_options.map((option, place) => element("option", { value: place }, format.value(option)));
  return element("select", { class: "am-field", "aria-label": name }, ...options);
}

/** Return what a field shows for a value. */
export function written(row: ParameterRow, value: Scalar): string {
  if (row.type === "choice") return String(row.full_options.findIndex((option) => option === value));
  return typeof value === "number" ? format.number(value, 6).replace("−", "-") : "";
}

/** Return the value that was typed or chosen; undefined where it is none that was declared. */
export function valueOf(row: ParameterRow, text: string): Scalar | undefined {
  if (row.type === "choice") return row.full_options[Number(text)];
  const typed = Number(text.trim().replace(",", ".").replace("−", "-"));
  const usable = text.trim() !== "" && Number.isFinite(typed) && (row.type === "float" || Number.isInteger(typed));
  const end = [row.full_low, row.full_high].find((bound) => usable && bound !== null && written(row, bound) === written(row, typed));
  if (end !== undefined) return end; // an end that is shown rounded
  return usable && typed >= (row.full_low ?? typed) && typed <= (row.full_high ?? typed) ? typed : undefined;
}

/** Return in words what a parameter may be. */
export function allowed(row: ParameterRow): string {
  if (row.type === "choice") return `one of ${row.full_options.map(format.value).join(", ")}`;
  return `${row.type === "int" ? "whole numbers" : "numbers"} from ${format.number(row.full_low ?? 0)} to ${format.number(row.full_high ?? 0)}`;
}

/** Return the value of the best trial where it has one, else one in the middle of what may be tried now. */
function suggested(row: ParameterRow, context: Context): Scalar {
  const best = context.store.status?.best ?? null;
  const found = best === null ? undefined : context.store.trials.get(best)?.params[row.label];
  if (found !== undefined) return found;
  if (row.type === "choice") return row.options[0] ?? null;
  return valueAt({ ...scaleOf(row), low: row.low ?? 0, high: row.high ?? 0 }, STEPS / 2);
}
