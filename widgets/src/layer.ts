// Marks that stay as they are, kept as a picture: a frame paints what is new, not thousands of marks once more.
import type { TrialRow } from "./protocol";

export class Layer {
  private readonly canvas = document.createElement("canvas");
  private readonly painted = new Map<number, TrialRow>();
  private look = "";

  /**
   * Return the picture of `trials`, as large as `like`. `look` says all that the marks hang on besides: where it differs,
   * or a trial that was painted has changed or is gone, everything is painted anew.
   */
  show(like: HTMLCanvasElement, look: string, trials: TrialRow[], paint: (context: CanvasRenderingContext2D, trials: TrialRow[]) => void): HTMLCanvasElement {
    const context = this.canvas.getContext("2d")!;
    let fresh = trials.filter((trial) => this.painted.get(trial.id) !== trial);
    const kept = trials.length - fresh.length;
    if (look !== this.look || kept !== this.painted.size || this.canvas.width !== like.width || this.canvas.height !== like.height) {
      this.look = look;
      this.painted.clear();
      this.canvas.width = like.width; // this empties it
      this.canvas.height = like.height;
      fresh = trials;
    }
    for (const trial of fresh) this.painted.set(trial.id, trial);
    if (fresh.length > 0) paint(context, fresh);
    return this.canvas;
  }
}
