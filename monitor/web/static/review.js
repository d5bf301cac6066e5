// The queue by keyboard, and the right side without loading the page. Every step is also a link or a button.
"use strict";
addEventListener("DOMContentLoaded", () => {
  const queue = document.querySelector("form.queue"), pane = document.querySelector("[data-pane]");
  const part = pane?.querySelector("[data-part]"), keys = document.getElementById("keys");
  const rows = queue ? [...queue.querySelectorAll(".finding")] : [];
  const link = (row) => row.querySelector(".what > a");
  const current = () => rows.find((row) => link(row).hasAttribute("aria-current"));
  const shown = () => part && getComputedStyle(pane).display !== "none";

  // One finding into the right side, from the address that its row leads to.
  let asked = 0;
  const open = async (row, read) => {
    const to = link(row), turn = ++asked;
    if (!to.hasAttribute("aria-current") || read) {
      for (const one of rows) link(one).removeAttribute("aria-current");
      to.setAttribute("aria-current", "true");
      part.setAttribute("aria-busy", "true");
      try {
        const answer = await fetch(to.href, { headers: { accept: "text/html", "x-part": "pane" } });
        if (turn !== asked) return;
        if (!answer.ok) { location.href = to.href; return; }
        const found = new DOMParser().parseFromString(await answer.text(), "text/html");
        if (turn !== asked) return;
        part.replaceChildren(...found.body.childNodes);
        history.replaceState(null, "", to.href);
        document.dispatchEvent(new CustomEvent("pane"));
      } catch { location.href = to.href; return; } finally { part.removeAttribute("aria-busy"); }
    }
    if (read) part.querySelector(".says").focus();
  };

  let soon;
  queue?.addEventListener("focusin", (event) => {
    const row = event.target.closest(".finding");
    if (!row || event.target !== link(row) || !shown()) return;
    clearTimeout(soon);
    soon = setTimeout(() => open(row, false), 120);
  });
  queue?.addEventListener("click", (event) => {
    const row = event.target.closest(".finding");
    if (!row || event.target.closest("a") !== link(row) || !shown()) return;
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    clearTimeout(soon);
    open(row, true);
  });

  // Keys: said in the dialog, and given up there by who wants the letters for something else.
  const kept = () => { try { return localStorage.getItem("keys") !== "off"; } catch { return true; } };
  const on = keys.querySelector("[data-keys-on]"), button = document.querySelector("[data-keys]");
  on.checked = kept();
  on.addEventListener("change", () => { try { localStorage.setItem("keys", on.checked ? "on" : "off"); } catch { /* lasts for this page */ } });
  if (button) { button.hidden = false; button.addEventListener("click", () => keys.showModal()); }

  const decide = (kind) => {
    const ticked = queue?.querySelector('input[name="f"]:checked:not(:disabled), input[name="all"]:checked');
    const all = queue?.querySelector(`button[name="kind"][value="${kind}"]`);
    if (ticked && all) { queue.requestSubmit(all); return; }
    const choice = part?.querySelector(`input[name="kind"][value="${kind}"]`);
    if (!choice || !shown()) return;
    choice.checked = true;
    choice.dispatchEvent(new Event("change", { bubbles: true }));
    const fields = [...choice.form.querySelectorAll('input[name="reason"], input[name="ticket"], input[name="until"]')];
    const empty = fields.find((field) => field.required && !field.value && field.offsetParent);
    (empty ?? choice.form.querySelector("button.primary")).focus();
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || keys.open) return;
    if (event.target.matches('input:not([type="checkbox"], [type="radio"]), select, textarea')) return;
    if (event.key === "?") { keys.showModal(); event.preventDefault(); return; }
    if (event.key === "Escape" && event.target.closest("[data-pane]")) { const row = current(); if (row) link(row).focus(); return; }
    if (!on.checked || !"xai".includes(event.key)) return;
    event.preventDefault();
    if (event.key === "x") {
      const box = (event.target.closest("form.queue .finding") ?? current())?.querySelector('input[name="f"]');
      if (box && !box.disabled) box.click();
    } else decide(event.key === "a" ? "approve" : "ignore");
  });

  // What moved while the page was open: its tick goes, and it says so where it stands.
  document.addEventListener("moved", async () => {
    if (!rows.length) return;
    const ids = rows.map((row) => `id=${row.dataset.id}`).join("&");
    try {
      const answer = await fetch(`${queue.dataset.versions}?${ids}`, { headers: { accept: "application/json" } });
      if (!answer.ok) return;
      const now = (await answer.json()).items;
      for (const row of rows) {
        const it = now[row.dataset.id], box = row.querySelector('input[name="f"]');
        const word = !it || it.stand === "closed" ? "closed meanwhile" : it.fingerprint !== row.dataset.seen ? "changed since you opened this page" : "";
        if (!word || row.dataset.moved === word) continue;
        row.querySelector(".tag.news")?.remove();
        const tag = document.createElement("span");
        tag.className = "tag news";
        tag.textContent = word;
        row.querySelector(".where").append(tag);
        row.dataset.moved = word;
        if (box) { box.checked = false; box.disabled = true; }
      }
      queue.dispatchEvent(new Event("change"));
    } catch { /* the next event asks again */ }
  });
});
