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

    // Where the head does not fit, its tabs scroll: the one of this page is in sight.
    const tabs = document.querySelector(".top nav"), tab = tabs?.querySelector("[aria-current]");
    if (tab) tabs.scrollLeft = tab.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;

    // How many are ticked; nothing is ever ticked for the reader.
    for (const form of document.querySelectorAll("[data-select]")) {
      const out = form.querySelector("[data-selected]"), every = form.querySelector('input[name="all"]');
      const boxes = [...form.querySelectorAll('input[name="f"]')];
      const tell = () => {
        if (!out) return;
        const total = form.dataset.total ?? boxes.length, moved = form.querySelectorAll(".tag.news").length;
        const count = every?.checked ? total : boxes.filter((box) => box.checked).length;
        out.textContent = `${count} of ${total} selected${moved ? ` · ${moved} changed since you opened this page` : ""}`;
      };
      form.addEventListener("change", tell);
      tell();
    }

    // j and k walk a list of findings, / goes to the search.
    const off = () => { try { return localStorage.getItem("keys") === "off"; } catch { return false; } };
    addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || off() || document.querySelector("dialog[open]")) return;
      if (event.target.matches('input:not([type="checkbox"], [type="radio"]), select, textarea')) return;
      if (event.key === "/") { const q = document.getElementById("q"); if (q) { q.focus(); event.preventDefault(); } return; }
      if (event.key !== "j" && event.key !== "k") return;
      const list = document.querySelector("[data-walk]") ?? document;
      const links = [...list.querySelectorAll(".finding .what > a")];
      const here = document.activeElement?.closest(".finding")?.querySelector(".what > a");
      const at = links.indexOf(here) < 0 ? links.findIndex((one) => one.hasAttribute("aria-current")) : links.indexOf(here);
      const next = links[event.key === "j" ? at + 1 : Math.max(at - 1, 0)];
      if (next) next.focus();
    });

    // News is said, never slipped into a list that somebody reads. Only a page that is looked at holds a line open.
    const address = document.body.dataset.stream, news = document.querySelector("[data-news]");
    const filters = ["stand", "integration", "vendor", "environment", "class", "owner", "level", "kind", "source", "q",
      "planned", "beside", "cause", "children", "policy"];
    let source = null, known = document.body.dataset.event ?? "", first = known === "";
    const say = (told) => {
      for (const badge of document.querySelectorAll("[data-open]")) {
        badge.textContent = told.open;
        badge.hidden = !told.open;
        badge.classList.toggle("alarm", told.breaking > 0);
      }
      if (!first) document.dispatchEvent(new CustomEvent("moved"));
      first = false;
      known ||= String(told.event);
      news.hidden = !told.new;
      if (!told.new) return;
      const link = document.createElement("a");
      link.href = document.querySelector(".queue") ? location.href : document.body.dataset.queue;
      link.textContent = "show";
      news.replaceChildren(`${told.new} new: `, link);
    };
    const listen = () => {
      if (document.hidden) { source?.close(); source = null; return; }
      if (source && source.readyState !== EventSource.CLOSED) return;
      const asked = new URLSearchParams(document.querySelector(".queue") ? location.search : "");
      for (const [name, value] of [...asked]) if (!value || !filters.includes(name)) asked.delete(name);
      if (known) asked.set("after", known);
      source = new EventSource(`${address}?${asked}`);
      source.addEventListener("message", (event) => say(JSON.parse(event.data)));
    };
    if (address && news) {
      listen();
      document.addEventListener("visibilitychange", listen);
      addEventListener("pagehide", () => { source?.close(); source = null; });
      setInterval(listen, 60000); // a line that was refused is asked for again
    }
  });
})();
