// One finding in full: that it changed or closed meanwhile is said in one line. Nothing that somebody reads moves.
"use strict";
addEventListener("DOMContentLoaded", () => {
  document.addEventListener("moved", async () => {
    const line = document.querySelector("[data-stale]");
    if (!line) return;
    const { at, finding, seen, stand, versions } = line.dataset;
    try {
      const answer = await fetch(`${versions}?id=${encodeURIComponent(finding)}`, { headers: { accept: "application/json" } });
      if (!answer.ok) return;
      const now = (await answer.json()).items[finding], closed = !now || now.stand === "closed";
      const word = closed ? "closed" : "changed";
      line.hidden = closed ? stand === "closed" : now.stand === stand && now.fingerprint === seen;
      if (line.hidden || line.dataset.said === word) return;
      line.dataset.said = word;
      const show = document.createElement("a");
      show.href = document.querySelector("form.queue") ? location.href.split("#")[0] : at;
      show.textContent = "show it";
      line.replaceChildren(`This has ${word} since you opened it: `, show);
    } catch { /* the next event asks again */ }
  });
});
