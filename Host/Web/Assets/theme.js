// Runs before anything is painted: says that scripts run, and which colours to use.
(() => {
  const root = document.documentElement;
  const preference = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  try {
    chosen = localStorage.getItem("lectern-theme");
  } catch {
    // Storage may be forbidden; the browser's preference decides then.
  }

  const isDark = () => (chosen ? chosen === "dark" : preference.matches);

  function apply() {
    root.dataset.theme = isDark() ? "dark" : "light";
    const button = document.querySelector(".theme");
    if (button) {
      button.hidden = false;
      button.setAttribute("aria-pressed", String(isDark()));
    }
    dispatchEvent(new Event("themechange"));
  }

  root.classList.add("js");
  apply();
  preference.addEventListener("change", apply);
  addEventListener("DOMContentLoaded", () => {
    apply();
    document.querySelector(".theme")?.addEventListener("click", () => {
      chosen = isDark() ? "light" : "dark";
      try {
        localStorage.setItem("lectern-theme", chosen);
      } catch {
        // It holds for this page then.
      }
      apply();
    });
  });
})();
