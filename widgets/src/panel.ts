// The live panel: what stands in it, from top to bottom.
import { makeBar } from "./bar";
import { makeBoard } from "./board";
import { makeCode } from "./code";
import { makeColumns } from "./columns";
import { together, type Context, type Part } from "./context";
import { makeCurve } from "./curve";
import { makeDetails } from "./details";
import { FamilyChoice } from "./families";
import { makeImportance } from "./importance";
import type { Model } from "./link";
import { makeLog } from "./log";
import { mount } from "./mount";
import { makeNetworks } from "./networks";
import { makeNewest } from "./newest";
import { makeParallel } from "./parallel";
import { makePipeline } from "./pipeline";
import { makePlayer } from "./player";
import { makeSpace } from "./space";
import { makeTabs } from "./tabs";

/** Draw the panel for `model` into `el`; return how to take it down again. */
export function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  return mount(model, el, "Search for the best pipeline", build);
}

function build(context: Context, root: HTMLElement): Part[] {
  const family = new FamilyChoice();
  const tabs = makeTabs(
    [
      { name: "Curve", part: makeCurve(context, root) },
      { name: "Leaderboard", part: makeBoard(context) },
      { name: "Networks", part: makeNetworks(context), isThere: () => context.store.limits !== null },
      { name: "Space", part: together(makeSpace(context), makeCode(context)) },
    ],
    [
      { name: "Parallel coordinates", part: makeParallel(context, root, family) },
      { name: "Importance", part: makeImportance(context, family) },
      { name: "Columns", part: makeColumns(context) },
      { name: "Pipeline", part: makePipeline(context) },
      { name: "Log", part: makeLog(context) },
    ],
  );
  return [makeBar(context), makePlayer(context), tabs, makeDetails(context), makeNewest(context)];
}
