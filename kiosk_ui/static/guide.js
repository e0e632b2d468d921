// The guide screen's resting page: the next slide in time, and how loud a video may be. The page works without it.
(() => {
  "use strict";
  let next = 0;
  function settle() {
    clearTimeout(next);
    const resting = document.querySelector(".g-attract");
    if (!resting) return;
    const left = Number(resting.dataset.ends);
    if (left > 0) next = setTimeout(() => document.dispatchEvent(new Event("store:look")), left * 1000 + 150);
    const film = resting.querySelector("video[autoplay]");
    const loud = Number(resting.dataset.volume) / 100;
    // A browser lets a page be heard only after somebody touched it.
    if (film && loud > 0 && navigator.userActivation?.hasBeenActive) { film.volume = loud; film.muted = false; }
  }
  document.addEventListener("htmx:after:swap", settle);
  settle();
})();
