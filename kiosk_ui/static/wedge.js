// A scanner that types into the page: its bursts become scans of this station, what a person types stays typing.
(() => {
  "use strict";
  const to = document.body.dataset.wedge;
  if (!to) return;
  const GAP_MS = 35; // between two keys of a scanner; nobody types a whole code that fast
  const LEAST = 4;
  const MOST = 1024;
  const TRIES_MS = [300, 700, 1500, 3000, 5000, 5000, 5000];
  const FIELDS = "input:not([type=hidden]):not([type=checkbox]):not([type=radio]), textarea";

  let burst = ""; // characters that came without a pause
  let last = -Infinity;
  let before = []; // what stood in the fields when the burst began
  const forget = () => { burst = ""; last = -Infinity; before = []; };
  const remember = () => [...document.querySelectorAll(FIELDS)].map((field) => [field, field.value]);

  document.addEventListener("keydown", (event) => {
    if (event.key === "Shift" || event.key === "Control" || event.key === "CapsLock") return; // on the way to a character
    const quick = event.timeStamp - last <= GAP_MS;
    const end = event.key === "Enter" || event.key === "Tab";
    if (end && quick && burst.length >= LEAST) {
      event.preventDefault();
      event.stopImmediatePropagation();
      const text = burst;
      for (const [field, value] of before) if (field.isConnected && field.value !== value) field.value = value;
      forget();
      if (text.length <= MOST) queue.push({ text, seq: next(), tries: 0 });
      send();
      return;
    }
    // GS1's separator comes as Ctrl and ]; every other shortcut, a held key and an input method are a person's.
    const separator = event.ctrlKey && event.code === "BracketRight";
    const plain = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (end || event.repeat || event.isComposing || !(plain || separator)) { forget(); return; }
    if (!quick) { burst = ""; before = remember(); }
    // Amid a burst nothing is pressed but keys of a scanner: a space must not touch the button that has the focus.
    if (separator || (quick && burst.length > 1 && event.key === " " && !event.target.matches(FIELDS))) event.preventDefault();
    burst += separator ? "\u001d" : event.key;
    last = event.timeStamp;
  }, true);
  // A space is taken at keyup: the one of a burst belongs to nobody.
  document.addEventListener("keyup", (event) => {
    if (event.key === " " && burst.length > 1 && !event.target.matches(FIELDS)) event.preventDefault();
  }, true);

  // One number a scan, never used twice: asked again after a lost answer, the store knows it.
  let number = 0;
  const first = (() => { const [a, b] = crypto.getRandomValues(new Uint32Array(2)); return (a % 0x8000) * 0x100000000 + b; })();
  const next = () => first + number++;

  const queue = [];
  let sending = false;
  const lost = document.getElementById("lost");
  async function send() {
    if (sending || !queue.length) return;
    sending = true;
    const scan = queue[0];
    let answer = null;
    try {
      answer = await fetch(to, { method: "POST", headers: { "HX-Request": "true" }, body: new URLSearchParams({ text: scan.text, seq: scan.seq }) });
    } catch { /* no answer: asked again below */ }
    sending = false;
    const later = !answer || answer.status >= 500 || answer.status === 429;
    if (later && scan.tries < TRIES_MS.length) {
      if (lost && !answer) lost.hidden = false;
      setTimeout(send, TRIES_MS[scan.tries++]);
      return;
    }
    queue.shift(); // kept, refused for good, or the customer has scanned again long since
    if (answer?.status === 401) { location.assign(answer.headers.get("HX-Redirect") ?? location.href); return; }
    if (answer && lost) lost.hidden = true;
    if (answer?.ok) document.dispatchEvent(new Event("store:look"));
    send();
  }
})();
