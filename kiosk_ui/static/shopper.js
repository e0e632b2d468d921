// A shopper's page: asks whether anybody is there, wipes, tones, keypad, count-downs, reading aloud. Pages work without it.
(() => {
  "use strict";
  const body = document.body;
  const stage = document.getElementById("stage");
  const ask = document.getElementById("idle-ask");
  const wipe = document.getElementById("wipe");
  const left = document.getElementById("idle-left");
  const shown = () => stage?.firstElementChild?.dataset ?? {};

  // Idle. performance.now() never jumps; the store decides at the latest when this page does not.
  const TOLD_MS = 10000;
  let touched = performance.now();
  let told = touched;
  let key = shown().key ?? "";
  let state = shown().state;
  function touch() {
    touched = performance.now();
    if (ask?.open) ask.close();
    if (body.dataset.touch && touched - told > TOLD_MS && Number(shown().idle)) {
      told = touched;
      fetch(body.dataset.touch, { method: "POST", headers: { "HX-Request": "true" } }).catch(() => { /* the next one */ });
    }
  }
  function tick() {
    const after = Number(shown().idle ?? 0);
    const warn = Number(shown().warn ?? 0);
    const quiet = (performance.now() - touched) / 1000;
    if (!after || quiet < after) { if (ask?.open) ask.close(); return; }
    const rest = Math.ceil(after + warn - quiet);
    if (rest <= 0) { touched = performance.now(); if (ask?.open) ask.close(); wipe?.requestSubmit(); return; }
    if (left && left.textContent !== String(rest)) left.textContent = String(rest);
    if (warn && ask && !ask.open) { ask.showModal(); play(TONES.attention); speak(ask.querySelector("h2")?.textContent ?? ""); }
  }
  if (stage && wipe) {
    setInterval(tick, 250);
    for (const kind of ["pointerdown", "keydown", "wheel"]) document.addEventListener(kind, touch, { capture: true, passive: true });
    ask?.addEventListener("cancel", touch);
  }

  // Tones, three of our own; the words on the page say the same.
  const TONES = { ok: [660, 880], error: [311, 233], attention: [880, 660, 880] };
  let audio = null;
  // Before a first touch a browser stays silent, and complains of who tries.
  const mayBeHeard = () => Boolean(navigator.userActivation?.hasBeenActive);
  function play(notes) {
    if (!notes || !mayBeHeard()) return;
    audio ??= new AudioContext();
    notes.forEach((hertz, n) => {
      const start = audio.currentTime + n * 0.1;
      const voice = audio.createOscillator();
      const loudness = audio.createGain();
      voice.frequency.value = hertz;
      loudness.gain.setValueAtTime(0, start);
      loudness.gain.linearRampToValueAtTime(0.08, start + 0.015);
      loudness.gain.exponentialRampToValueAtTime(0.001, start + 0.2);
      voice.connect(loudness).connect(audio.destination);
      voice.start(start);
      voice.stop(start + 0.22);
    });
  }
  // Read aloud: by the box's own voice where it has one, else by the browser's. The sentence stands on the page anyway.
  let speaking = null;
  let turn = 0;
  function hush() {
    turn += 1;
    speaking?.stop();
    speaking = null;
    window.speechSynthesis?.cancel();
  }
  async function speak(text) {
    hush();  // nothing of a page is heard on the next one
    if (!text || !body.classList.contains("voice") || !mayBeHeard()) return;
    const mine = turn;
    try {
      const answer = await fetch("/screen/say", { method: "POST", headers: { "HX-Request": "true" }, body: new URLSearchParams({ text }) });
      if (answer.status === 200) {
        audio ??= new AudioContext();
        const sound = await audio.decodeAudioData(await answer.arrayBuffer());
        if (mine !== turn) return;
        speaking = audio.createBufferSource();
        speaking.buffer = sound;
        speaking.connect(audio.destination);
        speaking.start();
        return;
      }
    } catch { /* the browser's voice, or none */ }
    if (!window.speechSynthesis || mine !== turn) return;
    const said = new SpeechSynthesisUtterance(text);
    said.lang = document.documentElement.lang;
    speechSynthesis.speak(said);
  }

  addEventListener("pagehide", hush);

  // A new state came: it is somebody's doing (a scan, a touch, a payment), and may be heard.
  function settle() {
    const now = shown();
    body.classList.toggle("dark", "dark" in now);
    body.classList.toggle("quiet", "quiet" in now);
    // What stays where it is does not arrive anew: a line can be read in the frame that brings it.
    body.classList.toggle("same", now.state === state);
    body.classList.remove("first"); // a page that is opened is there at once; only what comes into it moves
    state = now.state;
    pads();
    if (now.key === key) return;
    key = now.key;
    touched = performance.now();
    if (ask?.open) ask.close();
    play(TONES[now.tone]);
    speak(now.say ?? "");
  }
  document.addEventListener("htmx:after:swap", settle);

  // Count-downs
  setInterval(() => {
    document.querySelectorAll("[data-left]").forEach((one) => { one.textContent = String(Math.max(0, Number(one.textContent) - 1)); });
  }, 1000);

  // Keypad
  function pads() { document.querySelectorAll(".pad").forEach((pad) => { pad.hidden = false; }); }
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".pad button");
    if (!button) return;
    const field = document.getElementById(button.closest(".pad").dataset.pad);
    if (!field) return;
    const most = field.maxLength > 0 ? field.maxLength : 64;
    if (button.dataset.key === "back") field.value = field.value.slice(0, -1);
    else if (button.dataset.key === "clear") field.value = "";
    else field.value = (field.value + button.dataset.key).slice(0, most);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  pads();
  document.querySelector("form[data-auto]")?.requestSubmit();
  navigator.serviceWorker?.register("/sw.js").catch(() => { /* without it a screen that is asked anew shows the browser's own page */ });
})();
