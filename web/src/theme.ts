// Light, dark, or as the system says. The choice is kept in this browser only.

export type Theme = "system" | "light" | "dark";

const kStorageKey = "meshzero.theme";

export function storedTheme(): Theme {
  try {
    const value = localStorage.getItem(kStorageKey);
    return value === "light" || value === "dark" ? value : "system";
  } catch {
    return "system"; // storage may be switched off
  }
}

export function isDark(theme: Theme): boolean {
  return theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
}

/** Shows the theme and remembers it. Listeners of the "themechange" event on document redraw what CSS cannot reach. */
export function applyTheme(theme: Theme): void {
  document.documentElement.dataset["theme"] = isDark(theme) ? "dark" : "light";
  try {
    if (theme === "system") localStorage.removeItem(kStorageKey);
    else localStorage.setItem(kStorageKey, theme);
  } catch {
    // Not remembered; still applied.
  }
  document.dispatchEvent(new Event("themechange"));
}
