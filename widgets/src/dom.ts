// Elements without innerHTML: data reach the page as text only.

type Child = Node | string | null;
type Attributes = Record<string, string | number | boolean | null>;

const FOCUSED = new Set(["button", "input", "select", "summary", "textarea"]);

// In JupyterLab the keys "x", "d d" and Enter cut, delete and enter a cell, also from a slider or a button of an output:
// its shortcuts ask for the focused element itself, so that element has to say that it is to be spared.
const SPARED = "data-lm-suppress-shortcuts";

/** Return a new element; an attribute that is null or false is left out. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : String(value));
  }
  if (FOCUSED.has(tag) || "tabindex" in attributes) made.setAttribute(SPARED, "true");
  made.append(...children.filter((child): child is Node | string => child !== null));
  return made;
}

/** Return a new SVG element. */
export function svg(tag: string, attributes: Attributes, ...children: Node[]): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/** Set the text of an element when it differs, so that nothing is laid out in vain. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** Show or hide an element. */
export function setShown(target: HTMLElement, shown: boolean): void {
  if (target.hidden === shown) target.hidden = !shown;
}

/** Send a form by Enter in one of its fields: JupyterLab takes the key's own effect away. */
export function sendOnEnter(form: HTMLFormElement): void {
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !(event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement)) return;
    event.preventDefault();
    event.stopPropagation();
    form.requestSubmit();
  });
}

let count = 0;

/** Return an id that no other panel on the page has. */
export function freshId(stem: string): string {
  count += 1;
  return `automl-${stem}-${count}`;
}

/** Return a name that may be broken after its points and underscores, and before a capital. */
export function breakable(name: string): Node[] {
  return name.split(/(?<=[._])|(?<=[a-z])(?=[A-Z])/).flatMap((part) => [document.createTextNode(part), document.createElement("wbr")]);
}
