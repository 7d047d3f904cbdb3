// "Copy as code": the cell that makes the space as it is now, in a field to copy from, and "Run" where the kernel can.
import type { Context, Part } from "./context";
import { element, freshId, setShown, setText } from "./dom";

const CELL = "This cell searches the same space: paste it into a cell of yours.";
const LINES = "These lines make the same space: paste them into a cell of yours.";
const LONGEST = 14; // lines that are shown without scrolling

export function makeCode(context: Context): Part {
  const copy = element("button", { type: "button", class: "am-small", "aria-expanded": "false" }, "Copy as code");
  const run = element("button", { type: "button", class: "am-small", hidden: true }, "Run");
  const said = element("span", { class: "am-muted", role: "status" });
  const hint = element("p", { class: "am-hint", id: freshId("code") });
  const field = element("textarea", {
    class: "am-code", readonly: true, spellcheck: "false", wrap: "off", "aria-label": "Code of the space", "aria-describedby": hint.id,
  });
  const take = element("button", { type: "button", class: "am-small" }, "Copy to clipboard");
  const close = element("button", { type: "button", class: "am-small" }, "Close");
  const box = element("div", { class: "am-code-box", hidden: true }, hint, field, element("div", { class: "am-code-row" }, take, close));
  const root = element("div", { class: "am-code-part" }, element("div", { class: "am-code-row" }, copy, run, said), box);
  let isOpen = false;
  let asked = ""; // the revision of the space for which the code was asked
  let drawn = -1;

  const revision = () => `${context.store.revision.parameter} ${context.store.revision.space}`;
  const ask = () => {
    asked = revision();
    context.send({ kind: "copy" });
  };
  const open = (opened: boolean) => {
    isOpen = opened;
    copy.setAttribute("aria-expanded", String(opened));
    setText(said, "");
    if (opened) ask();
    else setShown(box, false);
  };
  copy.addEventListener("click", () => open(true));
  close.addEventListener("click", () => {
    open(false);
    copy.focus();
  });
  run.addEventListener("click", () => {
    setText(said, "");
    context.send({ kind: "run" });
  });
  take.addEventListener("click", async () => setText(said, (await copied(field)) ? "Copied." : "Selected: press Ctrl+C or ⌘C."));

  return {
    element: root,
    update() {
      const { store } = context;
      if (isOpen && asked !== revision()) ask(); // what is shown must be the space of now
      if (drawn === store.revision.code) return;
      drawn = store.revision.code;
      const code = store.code;
      setShown(run, code?.run === true);
      if (code === null) return;
      setText(said, code.said);
      if (!isOpen || code.text === "") return;
      field.value = code.text;
      setText(hint, code.text.startsWith("%%") ? CELL : LINES);
      field.rows = Math.min(LONGEST, code.text.split("\n").length + 1);
      setShown(box, true);
    },
  };
}

/** Copy the text of a field: by the clipboard, where the page may, else by the selection. Return whether it went. */
export async function copied(field: HTMLTextAreaElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.focus();
    field.select();
    return document.execCommand?.("copy") === true;
  }
}
