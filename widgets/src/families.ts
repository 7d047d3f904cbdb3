// Which family the parallel coordinates and the importance are about: one choice for both.
import type { Context, Part } from "./context";
import { element, freshId } from "./dom";
import type { TrialRow } from "./protocol";

export const ALL = "";

/** What the person chose; until then the family of the selected trial, else that of the best. */
export class FamilyChoice {
  private chosen: string | null = null;
  private followed: number | null = null;

  /** Return the family, or ALL. */
  now(context: Context): string {
    const { store } = context;
    if (store.families().length < 2) return ALL;
    const selected = context.selected();
    if (selected !== this.followed) {
      this.followed = selected;
      const model = selected === null ? undefined : familyOf(store.trials.get(selected));
      if (model !== undefined && this.chosen !== ALL) this.chosen = model;
    }
    if (this.chosen !== null) return this.chosen;
    const best = store.status?.best ?? null;
    return (best === null ? undefined : familyOf(store.trials.get(best))) ?? store.families()[0]!;
  }

  choose(family: string): void {
    this.chosen = family;
  }
}

/** Return the family of a trial; a line to beat and an ensemble have none. */
function familyOf(trial: TrialRow | undefined): string | undefined {
  return trial === undefined || trial.hidden ? undefined : trial.model;
}

/** Return the list to choose from; `changed` is called when the person chose. */
export function makeFamilyList(context: Context, choice: FamilyChoice, all: string, changed: () => void): Part {
  const list = element("select", { class: "am-select", id: freshId("family") });
  const root = element("div", { class: "am-choose" }, element("label", { for: list.id }, "Family"), list);
  let drawn = "";
  list.addEventListener("change", () => {
    choice.choose(list.value);
    changed();
  });
  return {
    element: root,
    update() {
      const families = context.store.families();
      const now = JSON.stringify(families);
      root.hidden = families.length < 2;
      if (now !== drawn) {
        drawn = now;
        const options = families.map((family) => element("option", { value: family }, family));
        list.replaceChildren(...options, element("option", { value: ALL }, all));
      }
      const family = choice.now(context);
      if (list.value !== family) list.value = family;
    },
  };
}
