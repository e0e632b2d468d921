// The guide screen's resting page: the next slide in time, how loud a video may be, and one that cannot be shown is
// left out. The page works without it.
(() => {
  "use strict";
  let next = 0;
  let told = "";
  function settle() {
    clearTimeout(next);
    const resting = document.querySelector(".g-attract");
    if (!resting) return;
    const left = Number(resting.dataset.ends);
    if (left > 0) next = setTimeout(() => document.dispatchEvent(new Event("store:look")), left * 1000 + 150);
    const film = resting.querySelector("video[autoplay]");
    const loud = Number(resting.dataset.volume) / 100;
    const shown = resting.querySelector(".g-media");
    if (shown?.error || (shown?.complete && !shown.naturalWidth)) leaveOut(shown);
    // A browser lets a page be heard only after somebody touched it.
    if (film && loud > 0 && navigator.userActivation?.hasBeenActive) { film.volume = loud; film.muted = false; }
  }
  // Only what is here and cannot be decoded is told: while the store is away nothing can be said of a file.
  async function leaveOut(shown) {
    const src = shown.currentSrc || shown.src;
    if (told === src) return;
    told = src;
    const there = await fetch(src, { headers: { Range: "bytes=0-0" }, cache: "no-store" }).then((got) => got.ok, () => false);
    const home = document.body.dataset.stage.replace(/stage$/, "");
    const media = new URLSearchParams({ media: src.split("/").pop() });
    const heard = there && await fetch(`${home}unplayable`, { method: "POST", body: media }).then((got) => got.ok, () => false);
    if (heard) document.dispatchEvent(new Event("store:look")); else setTimeout(() => { told = ""; settle(); }, 5000);
  }
  document.addEventListener("error", (event) => { if (event.target.matches?.(".g-media")) leaveOut(event.target); }, true);
  document.addEventListener("htmx:after:swap", settle);
  settle();
})();
