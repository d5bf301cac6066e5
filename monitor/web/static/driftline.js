// Comfort only: every page works without it. No dependency, no build step.
"use strict";
(() => {
  const root = document.documentElement;
  const kept = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  if (kept()) root.dataset.theme = kept();

  addEventListener("DOMContentLoaded", () => {
    const toggle = document.querySelector("[data-theme-toggle]");
    if (toggle) {
      toggle.hidden = false;
      toggle.addEventListener("click", () => {
        const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
        root.dataset.theme = dark ? "light" : "dark";
        try { localStorage.setItem("theme", root.dataset.theme); } catch { /* private window: lasts for this page */ }
      });
    }

    // How many are ticked; nothing is ever ticked for the reader.
    for (const form of document.querySelectorAll("[data-select]")) {
      const out = form.querySelector("[data-selected]");
      const boxes = [...form.querySelectorAll('input[name="f"]')];
      const tell = () => { if (out) out.textContent = `${boxes.filter((b) => b.checked).length} of ${boxes.length} selected`; };
      form.addEventListener("change", tell);
      tell();
    }

    // j and k walk a list of findings, / goes to the search.
    addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
      if (event.key === "/") { const q = document.getElementById("q"); if (q) { q.focus(); event.preventDefault(); } return; }
      if (event.key !== "j" && event.key !== "k") return;
      const links = [...document.querySelectorAll(".finding .what a")];
      const at = links.indexOf(document.activeElement);
      const next = links[event.key === "j" ? at + 1 : Math.max(at - 1, 0)];
      if (next) next.focus();
    });

    // News is said, never slipped into a list that somebody reads.
    const address = document.body.dataset.summary, news = document.querySelector("[data-news]");
    let seen = null;
    const look = async () => {
      if (document.hidden) return;
      try {
        const answer = await fetch(address, { headers: { accept: "application/json" } });
        if (!answer.ok) return;
        const now = await answer.json();
        if (seen !== null && now.event !== seen) {
          news.replaceChildren(document.createTextNode("Something changed since this page was loaded. "));
          const link = document.createElement("a");
          link.href = location.href;
          link.textContent = "Show";
          news.append(link);
          news.hidden = false;
        }
        seen ??= now.event;
      } catch { /* the next look tries again */ }
    };
    if (address && news) { look(); setInterval(look, 10000); }
  });
})();
