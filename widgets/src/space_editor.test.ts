// The space editor and "Copy as code": what they send, and that what they show is the space of now.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { render } from "./space_editor";
import { choice, FakeModel, note, parameter } from "./samples";
import type { CodeRow } from "./protocol";

let model: FakeModel;
let end: () => void;
let place: HTMLElement;

const code = (own: Partial<CodeRow> = {}): CodeRow => ({ kind: "code", text: "", run: false, said: "", ...own });
const frame = () => new Promise((resolve) => requestAnimationFrame(() => resolve(null)));
const button = (name: string) => [...place.querySelectorAll("button")].find((one) => one.textContent === name)!;
const field = () => place.querySelector("textarea")!;
const kinds = () => model.sent.map((message) => message.kind);

beforeEach(async () => {
  place = document.createElement("div");
  document.body.append(place);
  model = new FakeModel();
  end = render({ model, el: place });
  model.push([parameter("x"), choice("kind", ["a", "b"]), code()]);
  await frame();
});

afterEach(() => {
  end();
  place.remove();
  vi.unstubAllGlobals();
});

it("shows the parameters and sends what is changed", () => {
  place.querySelector<HTMLInputElement>("input[type=checkbox]")!.click();
  expect(model.sent.at(-1)).toEqual({ kind: "choose", label: "kind", options: ["b"] });
});

it("shows what the kernel refused, and hides it again", async () => {
  model.push([note(0, "No such thing.")]);
  await frame();
  const told = place.querySelector<HTMLElement>(".am-note")!;
  expect([told.hidden, told.textContent]).toEqual([false, "No such thing."]);
  model.push([note(0, "")]);
  await frame();
  expect(told.hidden).toBe(true);
});

it("forgets the parameters of another template", async () => {
  model.push([{ kind: "gone", labels: ["x"] }]);
  await frame();
  expect(place.querySelector('[aria-label="x, lowest"]')).toBeNull();
  expect(place.querySelectorAll("input[type=checkbox]")).toHaveLength(2);
});

it("shows the code that it asked for, and asks again when the space changes while it is shown", async () => {
  expect(field().closest<HTMLElement>(".am-code-box")!.hidden).toBe(true);
  button("Copy as code").click();
  expect(kinds().filter((kind) => kind === "copy")).toHaveLength(1);
  model.push([code({ text: "%%automl df\nspace.rule(\"<b>\")" })]);
  await frame();
  expect(field().closest<HTMLElement>(".am-code-box")!.hidden).toBe(false);
  expect(field().value).toBe("%%automl df\nspace.rule(\"<b>\")");
  expect(field().readOnly).toBe(true);
  model.push([parameter("x", { high: 0.5 })]);
  await frame();
  expect(kinds().filter((kind) => kind === "copy")).toHaveLength(2);
  await frame();
  expect(kinds().filter((kind) => kind === "copy")).toHaveLength(2);
  button("Close").click();
  expect(field().closest<HTMLElement>(".am-code-box")!.hidden).toBe(true);
  expect(document.activeElement).toBe(button("Copy as code"));
});

it("copies by the clipboard, and where the page may not selects the text", async () => {
  button("Copy as code").click();
  model.push([code({ text: "space" })]);
  await frame();
  const written: string[] = [];
  vi.stubGlobal("navigator", { clipboard: { writeText: async (text: string) => void written.push(text) } });
  button("Copy to clipboard").click();
  await vi.waitFor(() => expect(place.textContent).toContain("Copied."));
  expect(written).toEqual(["space"]);
  vi.stubGlobal("navigator", {});
  button("Copy to clipboard").click();
  await vi.waitFor(() => expect(place.textContent).toContain("Selected: press"));
  expect([field().selectionStart, field().selectionEnd]).toEqual([0, 5]);
});

it("offers Run only where the kernel can run the code", async () => {
  expect(button("Run").hidden).toBe(true);
  model.push([code({ run: true })]);
  await frame();
  button("Run").click();
  expect(kinds().at(-1)).toBe("run");
  model.push([code({ run: true, said: "The search has begun." })]);
  await frame();
  expect(place.textContent).toContain("The search has begun.");
});

it("takes everything down at its end", () => {
  end();
  expect([place.childElementCount, model.listeners]).toEqual([0, 0]);
});
