// What every part of the panel is given, and what it gives back.
import type { Send } from "./link";
import type { Store } from "./store";

export interface Context {
  store: Store;
  send: Send;
  /** The trial that the person looks at. */
  selected(): number | null;
  select(trial: number | null): void;
}

/** A part of the panel: an element, and how to bring it up to date. Called once a frame at most. */
export interface Part {
  readonly element: HTMLElement;
  update(): void;
  /** Colours may have changed. */
  recolour?(): void;
  close?(): void;
}

/** Put parts under each other as one. */
export function together(...parts: Part[]): Part {
  const root = document.createElement("div");
  root.append(...parts.map((part) => part.element));
  return {
    element: root,
    update: () => parts.forEach((part) => part.update()),
    recolour: () => parts.forEach((part) => part.recolour?.()),
    close: () => parts.forEach((part) => part.close?.()),
  };
}
