// Deeds without leaving the page, and a page that stays true: parts marked data-live follow the server.
(() => {
  "use strict";
  const page = document.body;

  function patch(text) {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = fresh.getElementById(part.id);
      if (!next || next.innerHTML === part.innerHTML) continue;
      const held = part.contains(document.activeElement) ? document.activeElement.title || document.activeElement.textContent : "";
      part.innerHTML = next.innerHTML;
      if (held) [...part.querySelectorAll("button, a")].find((one) => (one.title || one.textContent) === held)?.focus();
    }
  }
  async function look() {
    if (document.hidden) return;
    try {
      const answer = await fetch(location.pathname);
      if (answer.ok) patch(await answer.text());
      page.classList.toggle("lost", !answer.ok);
    } catch { page.classList.add("lost"); }
  }
  async function send(form) {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
    if (answer.ok) patch(await answer.text());
    if (form.dataset.drop !== undefined || form.classList.contains("inline")) form.reset();
  }
  document.addEventListener("submit", (event) => {
    if (event.target.dataset.quiet === undefined) return;
    event.preventDefault();
    send(event.target).catch(() => page.classList.add("lost"));
  });

  for (const zone of document.querySelectorAll("[data-drop]")) {
    const picker = zone.querySelector("input[type=file]");
    picker.addEventListener("change", () => { if (picker.files.length) zone.requestSubmit(); });
    for (const name of ["dragover", "dragleave", "drop"]) {
      zone.addEventListener(name, (event) => {
        event.preventDefault();
        zone.classList.toggle("over", name === "dragover");
        if (name === "drop" && event.dataTransfer.files.length) { picker.files = event.dataTransfer.files; zone.requestSubmit(); }
      });
    }
  }
  setInterval(look, Number(page.dataset.everyMs));
})();
