// Light or dark, told by the colour of the page behind the panel: it works in every front end.

/** Return the luminance of a CSS colour such as "rgb(17, 17, 17)", 0 to 1; null where it is transparent or unknown. */
export function luminance(colour: string): number | null {
  const parts = colour.match(/[\d.]+/g)?.map(Number);
  if (!parts || parts.length < 3 || parts[3] === 0) return null;
  const [red, green, blue] = parts as [number, number, number];
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}

function isDark(from: Element): boolean {
  for (let node: Element | null = from.parentElement; node; node = node.parentElement) {
    const found = luminance(getComputedStyle(node).backgroundColor);
    if (found !== null) return found < 0.5;
  }
  return window.matchMedia?.("(prefers-color-scheme: dark)").matches ?? false;
}

/** Keep data-theme of `panel` at "light" or "dark"; `changed` is called when colours may differ. Return the end of it. */
export function followTheme(panel: HTMLElement, changed: () => void): () => void {
  const update = () => {
    panel.dataset.theme = isDark(panel) ? "dark" : "light";
    changed();
  };
  let frame = 0;
  const soon = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(update);
  };
  const watcher = new MutationObserver(soon);
  const watched = { attributes: true, attributeFilter: ["class", "style", "theme", "data-jp-theme-name", "data-vscode-theme-kind"] };
  watcher.observe(document.documentElement, watched);
  watcher.observe(document.body, watched);
  const queries = ["(prefers-color-scheme: dark)", "(forced-colors: active)"].map((text) => window.matchMedia?.(text));
  queries.forEach((query) => query?.addEventListener("change", soon));
  soon();
  return () => {
    cancelAnimationFrame(frame);
    watcher.disconnect();
    queries.forEach((query) => query?.removeEventListener("change", soon));
  };
}
