import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Context } from "./context";
import { makePlayer } from "./player";
import type { Message, PlayerRow } from "./protocol";
import { Store } from "./store";

const sent: Message[] = [];
let store: Store;
let part: ReturnType<typeof makePlayer>;

function show(own: Partial<PlayerRow> = {}): void {
  store.apply({ rows: [{ kind: "player", position: 30, length: 120, speed: 10, playing: true, ...own }], seq: store.have + 1 });
  part.update();
}
const button = (name: string) => [...part.element.querySelectorAll("button")].find((found) => found.textContent === name)!;
const slider = () => part.element.querySelector<HTMLInputElement>("input")!;

beforeEach(() => {
  vi.useFakeTimers();
  sent.length = 0;
  store = new Store();
  const context: Context = { store, send: (message) => void sent.push(message), selected: () => null, select() {} } as Context;
  part = makePlayer(context);
  document.body.replaceChildren(part.element);
});
afterEach(() => vi.useRealTimers());

describe("the bar of a recording", () => {
  it("is not there while a run is under way", () => {
    part.update();
    expect(part.element.hidden).toBe(true);
    show();
    expect(part.element.hidden).toBe(false);
  });

  it("tells the time in words and on the slider", () => {
    show();
    expect(part.element.textContent).toContain("30 s of 2 min");
    expect([slider().value, slider().getAttribute("aria-valuetext")]).toEqual(["250", "30 s of 2 min"]);
  });

  it("asks the kernel to pause, to play and to stop, and then rests", () => {
    show();
    button("Pause").click();
    show({ playing: false });
    button("Play").click();
    button("Stop").click();
    expect(sent).toEqual([{ kind: "pause" }, { kind: "continue" }, { kind: "stop" }]);
    expect(slider().disabled).toBe(true);
  });

  it("sends one wish for a drag of many steps, and does not jump back under the hand", () => {
    show();
    for (const value of [300, 400, 500]) {
      slider().value = String(value);
      slider().dispatchEvent(new Event("input"));
    }
    vi.advanceTimersByTime(100);
    expect(sent).toEqual([{ kind: "seek", position: 60 }]);
    show({ position: 31 });
    expect(slider().value).toBe("500");
    vi.advanceTimersByTime(1000);
    show({ position: 61 });
    expect(slider().value).toBe("508");
  });

  it("goes by a hundredth with the arrow keys", () => {
    show();
    slider().dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }));
    vi.advanceTimersByTime(100);
    expect(sent).toEqual([{ kind: "seek", position: 31.2 }]);
  });

  it("offers the usual speeds and the one that counts", () => {
    show({ speed: 7 });
    const list = part.element.querySelector("select")!;
    expect([list.value, list.options.length]).toEqual(["7", 10]);
    list.value = "50";
    list.dispatchEvent(new Event("change"));
    expect(sent).toEqual([{ kind: "speed", value: 50 }]);
  });
});
