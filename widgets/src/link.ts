// The wire: asks the kernel for what is missing, takes batches into the store, sends messages.
import type { Batch, Message } from "./protocol";
import { isBatch } from "./store";

/** The part of anywidget's model that we use. */
export interface Model {
  send(content: Message): void;
  on(event: "msg:custom", callback: (content: unknown) => void): void;
  off(event: "msg:custom", callback: (content: unknown) => void): void;
}

/** What takes batches: the panel's store, or that of a race. */
export interface Taker {
  readonly have: number;
  readonly status: object | null;
  apply(batch: Batch): boolean;
}

export type Send = (message: Message) => void;

const ASK_AGAIN = [250, 500, 800, 1200, 1700, 2500, 4000]; // ms after which an unanswered "ready" is repeated
const BETWEEN = 1000; // ms between two questions for missed batches

/** Connect `store` to `model`; `changed` is called after each batch. Return how to send, and how to end it. */
export function connect(model: Model, store: Taker, changed: () => void): { send: Send; close: () => void } {
  let asked = 0;
  const timers: number[] = [];
  const ask = () => {
    asked = Date.now();
    model.send({ kind: "ready", have: store.have });
  };
  const take = (content: unknown) => {
    if (!isBatch(content)) return;
    const have = store.have;
    const missed = store.apply(content);
    if (missed && have > 0 && Date.now() - asked >= BETWEEN) ask();
    changed();
  };
  model.on("msg:custom", take);
  ask();
  for (const delay of ASK_AGAIN) timers.push(window.setTimeout(() => store.have === 0 && store.status === null && ask(), delay));
  return {
    send: (message) => model.send(message),
    close: () => {
      timers.forEach((timer) => window.clearTimeout(timer));
      model.off("msg:custom", take);
    },
  };
}
