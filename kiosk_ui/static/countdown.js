// Seconds that are left, ticking between two looks at the store. What they end in the store says, not this page.
(() => {
  "use strict";
  setInterval(() => {
    document.querySelectorAll("[data-left]").forEach((left) => {
      left.textContent = String(Math.max(0, Number(left.textContent) - 1));
    });
  }, 1000);
})();
