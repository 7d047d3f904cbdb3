// Light or dark: Jupyter's own word where there is one, else the colour of the page behind the panel.

/** Whether the panel stands on a dark ground. */
export function isDark(element: HTMLElement): boolean {
  const said = document.body.dataset["jpThemeLight"];
  if (said !== undefined) return said === "false";
  for (let at: HTMLElement | null = element; at; at = at.parentElement) {
    const parts = getComputedStyle(at).backgroundColor.match(/[\d.]+/g)?.map(Number);
    if (parts && parts.length >= 3 && (parts[3] ?? 1) > 0.5) return 0.3 * parts[0]! + 0.6 * parts[1]! + 0.1 * parts[2]! < 110;
  }
  return window.matchMedia?.("(prefers-color-scheme: dark)").matches ?? false;
}

/** Call `changed` when the theme changes; returns how to stop. */
export function watchTheme(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-jp-theme-name", "class"] });
  return () => observer.disconnect();
}

/** The value of a custom property of the panel. */
export function property(element: HTMLElement, name: string): string {
  return getComputedStyle(element).getPropertyValue(name).trim() || "#888";
}
