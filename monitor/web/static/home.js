// Comfort only. What moved is read again and put in its place; nothing is added, taken away or reordered under a reader.
"use strict";
addEventListener("DOMContentLoaded", () => {
  const live = () => [...document.querySelectorAll("[data-live]")];
  const said = document.querySelector("[data-said]");
  let asking = false, again = false;

  const update = async () => {
    if (document.hidden || document.querySelector("details.facet[open]")) return;
    if (asking) { again = true; return; }
    asking = true;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (!answer.ok) return;
      const now = new DOMParser().parseFromString(await answer.text(), "text/html");
      let moved = 0;
      for (const old of live()) {
        const next = now.querySelector(`[data-live="${CSS.escape(old.dataset.live)}"]`);
        if (!next) { if (old.classList.contains("need")) old.classList.add("gone"); continue; }
        old.classList.remove("gone");
        if (old.innerHTML === next.innerHTML || old.contains(document.activeElement)) continue;
        const before = old.textContent.replace(/\d+ [smhd]\b/g, ""), after = next.textContent.replace(/\d+ [smhd]\b/g, "");
        old.replaceChildren(...[...next.childNodes].map((node) => document.importNode(node, true)));
        if (before !== after && old.dataset.live.startsWith("system-")) moved += 1;
      }
      if (moved && said) said.textContent = `${moved} ${moved === 1 ? "system" : "systems"} changed, in place`;
    } catch { /* the next event asks again */ } finally {
      asking = false;
      if (again) { again = false; setTimeout(update, 2000); }
    }
  };
  document.addEventListener("moved", update);
  setInterval(update, 60000);
});
