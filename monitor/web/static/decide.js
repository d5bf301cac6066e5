// The form of one finding: what a choice asks for is required then, and only then. The server says the same.
"use strict";
addEventListener("DOMContentLoaded", () => {
  const asked = (form) => {
    const choice = form.querySelector('input[name="kind"]:checked')?.closest(".choice");
    for (const name of ["reason", "ticket", "until", "assignee"]) {
      const field = form.querySelector(`[name="${name}"]`);
      if (field) field.required = Boolean(choice?.classList.contains(`wants-${name}`));
    }
  };
  const all = () => { for (const form of document.querySelectorAll("form.decide")) asked(form); };
  document.addEventListener("change", (event) => { const form = event.target.closest("form.decide"); if (form) asked(form); });
  document.addEventListener("pane", all);
  all();

  // Who points at an answer writes next, so the cursor goes there. Who walks the answers by arrow keys stays on them.
  document.addEventListener("click", (event) => {
    const choice = event.detail ? event.target.closest("form.decide .choice") : null;
    if (choice?.querySelector('input[name="kind"]')) setTimeout(() => {
      const fields = [...choice.closest("form").querySelectorAll("input:required, select:required")];
      fields.find((field) => field.type !== "radio" && !field.value && field.offsetParent)?.focus();
    });
  });
});
