// Looks through a camera about once a second, only while somebody has its view open and this page in front.
(() => {
  "use strict";
  const PAUSE_MS = 1000;
  document.querySelectorAll("details[data-camera]").forEach((aiming) => {
    const view = aiming.querySelector(".view");
    let asking = false;
    let next = 0; // one look ahead, however often the view is opened and the page turned to
    async function look() {
      clearTimeout(next);
      if (asking || !aiming.open || document.hidden) return;
      asking = true;
      try {
        const answer = await fetch(aiming.dataset.camera, { headers: { "HX-Request": "true" } });
        if (answer.status === 401) { location.reload(); return; }
        if (aiming.open) view.innerHTML = await answer.text();
      } catch { /* the page says by itself that the store does not answer */ }
      asking = false;
      next = setTimeout(look, PAUSE_MS);
    }
    aiming.addEventListener("toggle", () => { if (aiming.open) look(); else view.replaceChildren(); });
    document.addEventListener("visibilitychange", look);
  });
})();
