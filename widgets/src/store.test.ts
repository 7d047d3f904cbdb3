import { describe, expect, it } from "vitest";
import { isBatch, Store } from "./store";
import { about, status, trial } from "./samples";

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
    expect(store.revision).toMatchObject({ about: 0, trial: 0, status: 2, parameter: 0, note: 0, space: 0, check: 0 });
  });

  it("lists announced families first, then others in order of appearance", () => {
    const store = new Store();
    store.apply({ rows: [about({ models: ["forest"] }), trial(0, 0.5, { model: "linear" }), trial(1, 0.5, { model: "forest" })], seq: 1 });
    expect(store.families()).toEqual(["forest", "linear"]);
  });

  it("takes nothing for a batch that is none", () => {
    for (const content of [null, 3, "rows", {}, { rows: 1, seq: 1 }, { rows: [] }]) expect(isBatch(content)).toBe(false);
  });
});
