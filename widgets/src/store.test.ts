import { describe, expect, it } from "vitest";
import { MEAN } from "./marks";
import { isBatch, Store } from "./store";
import { about, note, status, trial } from "./samples";

describe("the store", () => {
  it("keeps the newest row of each key", () => {
    const store = new Store();
    store.apply({ rows: [trial(0, 0.5), trial(1, 0.6), trial(0, 0.7)], seq: 1 });
    expect([...store.trials.values()].map((row) => row.score)).toEqual([0.7, 0.6]);
  });

  it("says when batches were missed, and counts on from the newest", () => {
    const store = new Store();
    expect(store.apply({ rows: [], seq: 1 })).toBe(false);
    expect(store.apply({ rows: [], seq: 4 })).toBe(true);
    expect(store.apply({ rows: [], seq: 5 })).toBe(false);
    expect(store.have).toBe(5);
  });

  it("counts a change for the kind that changed alone", () => {
    const store = new Store();
    store.apply({ rows: [status({ done: 1 }), status({ done: 2 })], seq: 1 });
    expect(store.revision).toMatchObject({ about: 0, trial: 0, status: 2, parameter: 0, note: 0, space: 0, check: 0, player: 0 });
  });

  it("forgets every row when a recording is set back, and says that all has changed", () => {
    const store = new Store();
    store.apply({ rows: [about(), trial(0, 0.5), trial(1, 0.6), note(0, "said"), status()], seq: 1 });
    const before = { ...store.revision };
    store.apply({ rows: [{ kind: "clear" }, trial(0, null, { state: "running" })], seq: 2 });
    expect([store.about, store.status, store.notes.size, store.trials.size]).toEqual([null, null, 0, 1]);
    for (const kind of ["about", "trial", "status", "parameter", "note", "player"] as const) expect(store.revision[kind]).toBeGreaterThan(before[kind]);
  });

  it("lists announced families first, then others in order of appearance", () => {
    const store = new Store();
    store.apply({ rows: [about({ models: ["forest"] }), trial(0, 0.5, { model: "linear" }), trial(1, 0.5, { model: "forest" })], seq: 1 });
    expect(store.families()).toEqual(["forest", "linear"]);
    expect(["forest", "linear"].map((family) => store.place(family))).toEqual([0, 1]);
  });

  it("gives an ensemble a place of its own, and no other family another one for it", () => {
    const store = new Store();
    const mean = trial(-1, 0.9, { model: "ensemble", origin: "ensemble", hidden: true });
    store.apply({ rows: [about({ models: ["forest"] }), trial(0, 0.5, { model: "forest" }), mean, trial(1, 0.5, { model: "linear" })], seq: 1 });
    expect(["forest", "ensemble", "linear"].map((family) => store.place(family))).toEqual([0, MEAN, 1]);
  });

  it("takes nothing for a batch that is none", () => {
    for (const content of [null, 3, "rows", {}, { rows: 1, seq: 1 }, { rows: [] }]) expect(isBatch(content)).toBe(false);
  });
});
