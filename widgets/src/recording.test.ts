// The rows that Python makes from a recorded run, fed to the store: it must agree with Python's History field by field.
import { describe, expect, it } from "vitest";
import kept from "../../tests/data/recording/history.json";
import sent from "../../tests/data/recording/rows.json";
import type { Batch, Scalar } from "./protocol";
import { isBatch, Store } from "./store";

interface Fields {
  run: string; sign: 1 | -1; metric: string; title: string; task: string; models: string[]; folds: number;
  status: string; seconds: number; limits: { time: number | null; trials: number | null };
  best: number | null; baseline: number | null; counts: Record<string, number>;
  trials: {
    id: number; config: Record<string, Scalar>; origin: string; hidden: boolean; state: string;
    score: number | null; spread: number | null; started: number; ended: number | null; seconds: number; folds: number; reason: string | null;
    rung: number; turns: number;
  }[];
  parameters: Record<string, unknown>[];
  rules: string[];
  steered: { who: string; kind: string; trial: number; at: number }[];
  notes: { text: string; level: string; trial: number; at: number }[];
  edits: { who: string; change: Record<string, unknown>; trial: number; at: number }[];
}

const batches = sent as unknown as Batch[];
const history = kept as unknown as Fields;

function filled(): Store {
  const store = new Store();
  for (const batch of batches) {
    expect(isBatch(batch)).toBe(true);
    store.apply(batch);
  }
  return store;
}

/** A score as the metric has it: Python keeps all of them higher-is-better. */
const natural = (score: number | null) => (score === null ? null : history.sign * score);

/** A time on the run's clock: rows have it to the millisecond. */
const clock = (seconds: number) => expect.closeTo(seconds, 2) as number;

describe("the store, fed with a recorded run", () => {
  const store = filled();

  it("is told that nothing was missed", () => {
    const other = new Store();
    expect(batches.map((batch) => other.apply(batch))).not.toContain(true);
    expect(other.have).toBe(batches.length);
  });

  it("holds every trial of the history, and no other, in the order of their start", () => {
    expect([...store.trials.keys()]).toEqual(history.trials.map((trial) => trial.id));
  });

  it.each(history.trials)("agrees on trial $id in every field", (trial) => {
    const { model = trial.hidden ? "baseline" : "model", ...params } = trial.config;
    expect(store.trials.get(trial.id)?.turns).toHaveLength(trial.turns);
    expect(store.trials.get(trial.id)).toEqual({
      kind: "trial", id: trial.id, model, params, origin: trial.origin, hidden: trial.hidden, state: trial.state,
      score: natural(trial.score), spread: trial.spread, seconds: trial.seconds, folds: trial.folds, of: history.folds,
      reason: trial.reason, rung: trial.rung + 1, rungs: 1, turns: expect.any(Array), started: clock(trial.started), ended: trial.ended === null ? null : clock(trial.ended),
      costs: "", // of a run from before they were measured
    });
  });

  it("agrees on what the run is", () => {
    const beaten = history.trials.find((trial) => trial.id === history.baseline);
    expect(store.about).toMatchObject({
      run: history.run, title: history.title, metric: history.metric, task: history.task, models: history.models,
      better: history.sign > 0 ? "higher" : "lower", baseline: natural(beaten?.score ?? null),
    });
    expect(store.families()).toEqual([...history.models, "baseline"]); // the line to beat is none of the families
  });

  it("agrees on where the run stands", () => {
    const { counts, limits } = history;
    const ended = ["done", "pruned", "failed", "stopped"].reduce((sum, state) => sum + counts[state]!, 0);
    expect(store.status).toMatchObject({
      state: history.status, done: ended, running: counts.running, paused: counts.paused, pruned: counts.pruned,
      failed: counts.failed, elapsed: history.seconds, seconds: limits.time, trials: limits.trials, best: history.best,
    });
    const states = [...store.trials.values()].filter((trial) => !trial.hidden).map((trial) => trial.state);
    for (const [state, count] of Object.entries(counts)) expect(states.filter((one) => one === state)).toHaveLength(count);
  });

  it("agrees on every parameter as it may be tried at the end", () => {
    const rows = [...store.parameters.values()].sort((a, b) => a.order - b.order);
    expect(rows.map((row) => row.label)).toEqual(history.parameters.map((parameter) => parameter.label));
    rows.forEach((row, place) => {
      const { kind, type, model, order, ...same } = row;
      expect([kind, order]).toEqual(["parameter", place]);
      expect(type).toBe(history.parameters[place]!.kind);
      expect(history.parameters[place]).toMatchObject(same);
    });
  });

  it("agrees on notes, each after the trial that had started last", () => {
    const rows = [...store.notes.values()].filter((row) => row.who === null).sort((a, b) => a.id - b.id);
    const notes = history.notes.map((note) => ({ ...note, at: clock(note.at) }));
    expect(rows.map(({ text, level, trial, at }) => ({ text, level, trial, at }))).toEqual(notes);
  });

  it("agrees on edits of the space and on what else was done, by whom, and when", () => {
    const rows = [...store.notes.values()].filter((row) => row.who !== null).sort((a, b) => a.id - b.id);
    const of = (edit: boolean) => rows.filter((row) => row.edit === edit);
    const acts = (from: { who: string; trial: number; at: number }[]) => from.map(({ who, trial, at }) => ({ who, trial, at: clock(at) }));
    const told = (edit: boolean) => of(edit).map(({ who, trial, at }) => ({ who, trial, at }));
    expect(told(true)).toEqual(acts(history.edits));
    of(true).forEach((row, place) => expect(row.text).toContain(history.edits[place]!.change.label as string));
    expect(told(false)).toEqual(acts(history.steered));
    expect(store.space).toMatchObject({ rules: history.rules, undo: history.edits.length });
  });

  it("is the same when batches come twice", () => {
    const twice = new Store();
    for (const batch of batches) {
      twice.apply(batch);
      twice.apply(batch);
    }
    expect([...twice.trials]).toEqual([...store.trials]);
    expect([twice.about, twice.status, [...twice.parameters], [...twice.notes]]).toEqual([store.about, store.status, [...store.parameters], [...store.notes]]);
  });

  it("lacks what lay in a batch that it missed: the comparison can fail", () => {
    const missed = batches.findIndex((batch) => batch.rows.some((row) => row.kind === "note" && row.edit));
    const other = new Store();
    batches.forEach((batch, place) => place === missed || other.apply(batch));
    expect([...other.notes]).not.toEqual([...store.notes]);
  });
});
