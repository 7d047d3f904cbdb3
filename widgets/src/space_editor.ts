// The space editor: the panel's Space view by itself, before a run or beside one.
import { makeCode } from "./code";
import type { Part } from "./context";
import { element, setShown, setText } from "./dom";
import type { Model } from "./link";
import { mount } from "./mount";
import { makeSpace } from "./space";
import type { Store } from "./store";

/** Draw the editor for `model` into `el`; return how to take it down again. */
export function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  return mount(model, el, "Search space", (context, root) => [
    makeSpace(context),
    makeAnswer(context.store, root),
    makeCode(context),
  ]);
}

/** What the kernel refused, in words; and no room under the sliders where there are no trials to mark. */
function makeAnswer(store: Store, root: HTMLElement): Part {
  const told = element("p", { class: "am-note am-warning", role: "status", hidden: true });
  return {
    element: told,
    update() {
      const text = store.notes.get(0)?.text ?? "";
      setText(told, text);
      setShown(told, text !== "");
      root.classList.toggle("am-untried", store.trials.size === 0);
    },
  };
}
