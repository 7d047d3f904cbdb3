// The rules of the space: their list, and a field whose text is checked by the kernel while it is typed.
import type { Context, Part } from "./context";
import { element, sendOnEnter, setShown, setText } from "./dom";
import type { SpaceRow } from "./protocol";
import { share } from "./share";

const REST = 250; // ms after the last key before the kernel is asked
const LONGEST = 1000; // characters, as the kernel takes them

export function makeRules(context: Context): Part {
  const list = element("ul", { class: "am-rules" });
  const field = element("input", {
    type: "text", class: "am-field am-rule-field", "aria-label": "New rule", maxlength: LONGEST, spellcheck: "false", autocomplete: "off",
    placeholder: "for example forest.max_depth * forest.n_estimators <= 4000",
  });
  const add = element("button", { type: "submit", class: "am-small" }, "Add");
  const said = element("p", { class: "am-check", role: "status" });
  const form = element("form", { class: "am-rule-form" }, field, add, said);
  const root = element("section", { class: "am-rules-part", "aria-label": "Rules" }, element("p", { class: "am-heading" }, "Rules"), list, form);
  let timer = 0;
  let drawn = "";
  let sent: string | null = null;

  const text = () => field.value.trim();
  const ask = () => {
    window.clearTimeout(timer);
    if (text() !== "") timer = window.setTimeout(() => text() !== "" && context.send({ kind: "check", text: text() }), REST);
    answer();
  };
  /** Show the kernel's answer, if it is about what stands in the field now. */
  const answer = () => {
    const check = context.store.check;
    const fits = check !== null && text() !== "" && check.text.trim() === text();
    const error = fits ? check.error : null;
    setText(said, error ?? (fits && check.share !== null ? `Would cut off ${share(check.share)} of the space.` : ""));
    said.classList.toggle("am-warning", error !== null);
    field.setAttribute("aria-invalid", String(error !== null));
    add.disabled = field.disabled || text() === "" || error !== null;
  };
  field.addEventListener("input", ask);
  sendOnEnter(form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (add.disabled) return;
    window.clearTimeout(timer);
    sent = text();
    context.send({ kind: "rule", text: sent });
  });
  return {
    element: root,
    update() {
      const { store } = context;
      const ended = store.status?.state === "ended";
      const now = [store.revision.space, store.revision.check, ended].join();
      if (now === drawn) return;
      drawn = now;
      field.disabled = ended;
      const rules = store.space?.rules ?? [];
      if (sent !== null && rules.some((rule) => rule.text === sent)) {
        if (text() === sent) field.value = "";
        sent = null;
      }
      setShown(form, !ended);
      setShown(root, !ended || rules.length > 0);
      list.replaceChildren(...rules.map((rule) => item(rule, context, ended)));
      answer();
    },
    close: () => window.clearTimeout(timer),
  };
}

function item(rule: SpaceRow["rules"][number], context: Context, ended: boolean): HTMLElement {
  const remove = element("button", { type: "button", class: "am-small", "aria-label": `Remove the rule ${rule.text}`, disabled: ended }, "Remove");
  remove.addEventListener("click", () => {
    remove.disabled = true;
    context.send({ kind: "unrule", text: rule.text });
  });
  const cut = rule.share === null ? "" : `cuts off ${share(rule.share)}`;
  return element("li", {}, element("code", {}, rule.text), element("span", { class: "am-muted" }, cut), remove);
}
