import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LEVELS, makeDots, pastOf, told } from "./dots";
import { allowed, valueOf } from "./fix";
import type { Row } from "./protocol";
import { about, choice, FakeModel, note, parameter, space, status, trial } from "./samples";
import { share } from "./share";
import { Store } from "./store";

vi.mock("./chart", () => ({ makeChart: () => ({ draw() {}, resize() {}, recolour() {}, at: () => null, close() {} }) }));
const { render } = await import("./panel");

const FRAME = 20;
let model: FakeModel;
let el: HTMLElement;
let close: () => void;

const C = parameter("linear.C", { model: "linear", order: 1 });
const n = parameter("linear.n", { model: "linear", order: 2, type: "int", low: 1, high: 9, full_low: 1, full_high: 9, log: false });
const kind = choice("linear.kind", [null, "balanced", "value"], { model: "linear", order: 3 });
const inner = parameter("linear.kind.value", { model: "linear", order: 4 });
const families = choice("model", ["hist_gb", "linear"]);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "requestAnimationFrame", "cancelAnimationFrame"] });
  Object.defineProperty(HTMLElement.prototype, "clientWidth", { configurable: true, get: () => 600 });
  document.body.replaceChildren((el = document.createElement("div")));
  model = new FakeModel();
  close = render({ model, el });
  push(about(), status(), families, C, n, kind, inner, space());
  model.sent.length = 0;
});
afterEach(() => {
  close();
  vi.useRealTimers();
});

function push(...rows: Row[]): void {
  model.push(rows);
  vi.advanceTimersByTime(FRAME);
}
const named = <K extends HTMLElement = HTMLInputElement>(name: string) => el.querySelector<K>(`[aria-label="${name}"]`)!;
const button = (text: string, within: ParentNode = el) => [...within.querySelectorAll("button")].find((found) => found.textContent === text)!;
const tab = (name: string) => [...el.querySelectorAll<HTMLElement>("[role=tab]")].find((found) => found.textContent === name)!;
function type(field: HTMLInputElement, text: string): void {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
const submit = (form: HTMLFormElement) => form.dispatchEvent(new Event("submit", { cancelable: true }));

describe("families", () => {
  it("are toggles at the top, and no group of their own", () => {
    tab("Space").click();
    const boxes = [...el.querySelectorAll<HTMLInputElement>(".am-families input")];
    expect(boxes).toHaveLength(2);
    boxes[0]!.click();
    expect(model.sent).toEqual([{ kind: "choose", label: "model", options: ["linear"] }]);
    expect([...el.querySelectorAll(".am-group-name")].map((found) => found.textContent)).toEqual(["linear"]);
  });
});

describe("a fixed value", () => {
  beforeEach(() => tab("Space").click());

  it("is typed, checked, and sent", () => {
    named("Fix C").click();
    const field = named("Fix C at");
    field.value = "7";
    submit(field.form!);
    expect(model.sent).toEqual([]);
    expect(field.getAttribute("aria-invalid")).toBe("true");
    expect(el.textContent).toContain("C takes numbers from 0.01 to 1.");
    field.value = "0,25";
    submit(field.form!);
    expect(model.sent).toEqual([{ kind: "fix", label: "linear.C", value: 0.25 }]);
    expect(field.form!.hidden).toBe(true);
  });

  it("is sent by Enter, also where the page takes the key's own effect away", () => {
    named("Fix C").click();
    const field = named("Fix C at");
    field.value = "0.5";
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
    expect(model.sent).toEqual([{ kind: "fix", label: "linear.C", value: 0.5 }]);
  });

  it("begins with what the best trial has", () => {
    push(status({ best: 3 }), trial(3, 0.8, { model: "linear", params: { "linear.C": 0.125 } }));
    named("Fix C").click();
    expect(named("Fix C at").value).toBe("0.125");
  });

  it("of a choice is one of its options, None among them", () => {
    named("Fix kind").click();
    const field = named<HTMLSelectElement>("Fix kind at");
    expect([...field.options].map((option) => option.text)).toEqual(["None", "balanced", "value"]);
    field.value = "0";
    submit(field.form!);
    expect(model.sent).toEqual([{ kind: "fix", label: "linear.kind", value: null }]);
  });

  it("can be freed", () => {
    push({ ...C, low: 0.1, high: 0.1 });
    expect(named("Free C").textContent).toBe("Free");
    named("Free C").click();
    expect(model.sent).toEqual([{ kind: "reset", label: "linear.C" }]);
  });

  it("is left alone by Escape, and the focus goes back", () => {
    named("Fix C").click();
    named("Fix C at").dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    expect(named("Fix C at").form!.hidden).toBe(true);
    expect(document.activeElement).toBe(named("Fix C"));
    expect(model.sent).toEqual([]);
  });
});

describe("undo", () => {
  it("is there when an edit can be taken back", () => {
    tab("Space").click();
    expect(button("Undo").disabled).toBe(true);
    push(space({ undo: 1 }));
    button("Undo").click();
    expect(model.sent).toEqual([{ kind: "undo" }]);
    push(space({ undo: 0 }));
    expect(button("Undo").disabled).toBe(true);
  });
});

describe("rules", () => {
  beforeEach(() => tab("Space").click());

  it("are checked once the keys rest, and the answer is said", () => {
    for (const text of ["C", "C <", "C < 0.5"]) type(named("New rule"), text);
    expect(model.sent).toEqual([]);
    vi.advanceTimersByTime(300);
    expect(model.sent).toEqual([{ kind: "check", text: "C < 0.5" }]);
    push({ kind: "check", text: "C < 0.5", error: null, share: 0.31 });
    expect(el.querySelector(".am-check")!.textContent).toBe("Would cut off about 30 % of the space.");
    expect(button("Add").disabled).toBe(false);
  });

  it("that cannot be meant are not sent", () => {
    type(named("New rule"), "C <");
    vi.advanceTimersByTime(300);
    push({ kind: "check", text: "C <", error: "It cannot be read.", share: null });
    expect(el.querySelector(".am-check")!.textContent).toBe("It cannot be read.");
    expect(named("New rule").getAttribute("aria-invalid")).toBe("true");
    model.sent.length = 0;
    submit(named("New rule").form!);
    expect(model.sent).toEqual([]);
  });

  it("are listed with what each cuts off, the field is emptied, and each can be removed", () => {
    type(named("New rule"), " C < 0.5 ");
    submit(named("New rule").form!);
    expect(model.sent).toEqual([{ kind: "rule", text: "C < 0.5" }]);
    push(space({ share: 0.42, rules: [{ text: "C < 0.5", share: 0.424 }, { text: "n > 2", share: null }] }));
    expect(named("New rule").value).toBe("");
    expect(el.querySelector(".am-rules")!.textContent).toContain("C < 0.5cuts off about 40 %");
    expect(el.querySelector(".am-space-size")!.textContent).toContain("rules cut off about 40 %");
    named("Remove the rule n > 2").click();
    expect(model.sent.at(-1)).toEqual({ kind: "unrule", text: "n > 2" });
  });

  it("are put into the page as text", () => {
    push(space({ rules: [{ text: "<img src=x onerror=alert(1)>", share: 0 }] }));
    expect(el.querySelector("img")).toBeNull();
  });

  it("cannot be added when the run has ended", () => {
    push(status({ state: "ended" }));
    expect(named<HTMLElement>("Rules").hidden).toBe(true);
  });
});

describe("past trials", () => {
  const store = (...rows: Row[]) => {
    const made = new Store();
    made.apply({ rows, seq: 1 });
    return made;
  };
  const context = (made: Store) => ({ store: made, send: () => {}, selected: () => null, select: () => {} });
  const at = (id: number, C: number, score: number | null) => trial(id, 0.8, { score, params: { "linear.C": C, "linear.kind": "balanced" } });

  it("are ranked from poor to good, whichever is better", () => {
    const rows = [at(1, 0.1, 0.5), at(2, 0.2, 0.9), at(3, 0.3, 0.7), at(4, 0.4, null)];
    expect(pastOf(context(store(about({ better: "higher" }), ...rows))).get("linear.C")).toEqual([
      { value: 0.1, goodness: 0 }, { value: 0.3, goodness: 0.5 }, { value: 0.2, goodness: 1 },
    ]);
    expect(pastOf(context(store(about({ better: "lower" }), ...rows))).get("linear.C")!.at(-1)).toEqual({ value: 0.1, goodness: 1 });
    expect(pastOf(context(store(about(), ...rows))).has("linear.kind")).toBe(false);
  });

  it("are the newest and the best of thousands", () => {
    const rows = Array.from({ length: 5000 }, (_, id) => at(id, 0.5, id === 7 ? 2 : (id % 100) / 100));
    const past = pastOf(context(store(about({ better: "higher" }), ...rows))).get("linear.C")!;
    expect(past.length).toBeLessThanOrEqual(400);
    expect(past.length).toBeGreaterThan(300);
  });

  it("are marks at their value on the slider's scale, told in words", () => {
    const dots = makeDots("C", { low: 0.01, high: 1, log: true, whole: false });
    dots.show([{ value: 0.01, goodness: 0 }, { value: 0.1, goodness: 1 }]);
    const paths = [...dots.element.querySelectorAll("path")];
    expect(paths).toHaveLength(LEVELS);
    expect(paths[0]!.getAttribute("d")).toBe("M0.0 16.5h0");
    expect(paths[LEVELS - 1]!.getAttribute("d")).toBe("M500.0 3.5h0");
    expect(dots.element.getAttribute("aria-label")).toBe("C: 2 trials, the best quarter at 0.1");
    expect(told("C", [])).toBe("C: no trial yet");
  });

  it("are drawn in the Space tab, at most once a second", () => {
    tab("Space").click();
    const best = () => el.querySelector(".am-dot-4")!.getAttribute("d") ?? "";
    push(at(1, 0.1, 0.5));
    vi.advanceTimersByTime(1100);
    push(status());
    expect(best()).toContain("M500.0");
    vi.advanceTimersByTime(1100);
    push(at(2, 1, 0.99));
    expect(best()).toContain("M1000.0");
    push(at(3, 0.01, 1));
    expect(best()).not.toContain("M0.0");
    vi.advanceTimersByTime(1100);
    push(status());
    expect(best()).toContain("M0.0");
  });
});

describe("a point of the person", () => {
  const params = { "linear.C": 0.5, "linear.n": 3, "linear.kind": "value", "linear.kind.value": 0.2 };
  beforeEach(() => {
    push(trial(2, 0.8, { model: "linear", params }));
    el.querySelector<HTMLElement>(".am-chart")!.dispatchEvent(new KeyboardEvent("keydown", { key: "End", bubbles: true }));
    vi.advanceTimersByTime(FRAME);
    button("Edit and run").click();
  });
  const form = () => named<HTMLFormElement>("Edit and run");

  it("is the selected trial with what was changed", () => {
    named("C of the next trial").value = "0.75";
    submit(form());
    expect(model.sent).toEqual([{ kind: "enqueue", config: { model: "linear", ...params, "linear.C": 0.75 } }]);
  });

  it("leaves out what hangs on an option that was left", () => {
    named("kind of the next trial").value = "1";
    submit(form());
    expect(model.sent).toEqual([{ kind: "enqueue", config: { model: "linear", "linear.C": 0.5, "linear.n": 3, "linear.kind": "balanced" } }]);
  });

  it("is not sent with a value that was never declared", () => {
    named("n of the next trial").value = "2.5";
    submit(form());
    expect(model.sent).toEqual([]);
    expect(el.querySelector(".am-plant")!.textContent).toContain("n takes whole numbers from 1 to 9.");
  });

  it("is answered beside the form, by a refusal too", () => {
    submit(form());
    push(note(8, "Not tried: it breaks the rule.", { level: "warning" }));
    expect(el.querySelector(".am-plant .am-answer")!.textContent).toBe("Not tried: it breaks the rule.");
  });

  it("is not offered for a line to beat, nor when the run has ended", () => {
    push(status({ state: "ended" }));
    expect(el.querySelector<HTMLElement>(".am-plant")!.hidden).toBe(true);
    push(status(), trial(2, 0.8, { model: "linear", params, hidden: true }));
    expect(el.querySelector<HTMLElement>(".am-plant")!.hidden).toBe(true);
  });

  it("has a star and the name on the leaderboard", () => {
    push(trial(5, 0.8, { model: "linear", params, origin: "you" }));
    tab("Leaderboard").click();
    expect(el.querySelectorAll(".am-board .am-you")).toHaveLength(1);
    expect(el.querySelector(".am-board .am-you")!.textContent).toBe("you");
  });
});

describe("more time", () => {
  it("is offered where the run has a limit of time", () => {
    expect(named("+30 s of time").hidden).toBe(true);
    push(status({ seconds: 60 }));
    named("+30 s of time").click();
    expect(model.sent).toEqual([{ kind: "add_time", seconds: 30 }]);
    push(status({ seconds: 60, state: "ended" }));
    expect(named("+30 s of time").disabled).toBe(true);
  });
});

describe("words", () => {
  it("tell a share roughly", () => {
    expect([0, 0.004, 0.07, 0.31, 0.96, 1].map(share)).toEqual(["hardly anything", "under 1 %", "about 7 %", "about 30 %", "about 96 %", "nearly all"]);
  });
  it("tell what a parameter takes, and typed values are read", () => {
    expect(allowed(n)).toBe("whole numbers from 1 to 9");
    expect([valueOf(n, "3"), valueOf(n, "3.5"), valueOf(n, ""), valueOf(n, "10"), valueOf(C, "0,5"), valueOf(kind, "0"), valueOf(kind, "9")]).toEqual([3, undefined, undefined, undefined, 0.5, null, undefined]);
  });
});
