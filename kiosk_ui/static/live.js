// The page's ears and hands: looks again when the store says so, keeps the scan box ready. Every page works without it.
(() => {
  "use strict";
  const body = document.body;
  const stage = document.getElementById("stage");
  const strip = document.getElementById("strip");
  const box = document.getElementById("scan-text");
  const lost = document.getElementById("lost");
  const facts = body.dataset;
  let busy = 0; // forms on their way: their answer decides the stage, so looking waits
  let again = false;
  let polling = 0;
  let homeward = 0;
  let leaving = false; // a form of the sign-in page is on its way: a reload would cut its answer off

  const shown = () => stage?.firstElementChild?.dataset ?? {};

  function look(have = shown().key ?? "") {
    if (!facts.stage || !stage) return;
    if (busy) { again = true; return; }
    const stay = "stay" in shown() ? "&stay=1" : "";
    const line = document.getElementById("line-now"); // a shopper's page: what its clock and line say
    const seen = line ? `&seen=${line.dataset.seen}` : "";
    htmx.ajax("GET", `${facts.stage}?have=${encodeURIComponent(have)}${stay}${seen}`, { source: stage, target: stage, swap: facts.swap ?? "innerHTML" });
  }
  function lookAround() {
    const have = `${facts.strip?.includes("?") ? "&" : "?"}have=${encodeURIComponent(shown().key ?? "")}`;
    if (facts.strip && strip) htmx.ajax("GET", facts.strip + have, { source: strip, target: strip, swap: "innerHTML" });
  }
  // A badge that was held up before the stream was open, or while it is lost.
  async function listenAtTheDoor() {
    if (facts.doorbell === undefined) return;
    const badge = await fetch(facts.doorbell).then((answer) => answer.ok ? answer.text() : "", () => "");
    if (badge && badge !== facts.rung && untouched() && !leaving) location.reload();
  }
  function lookEverywhere() { look(); lookAround(); listenAtTheDoor(); }

  // Ears
  function poll(on) {
    if (on && !polling) polling = setInterval(lookEverywhere, 5000);
    if (!on && polling) { clearInterval(polling); polling = 0; }
  }
  function listen() {
    const source = new EventSource(`${location.protocol}//${location.hostname}:${facts.livePort}/live?topics=${encodeURIComponent(facts.topics)}`);
    source.onopen = () => { poll(false); lookEverywhere(); };
    source.onmessage = (event) => {
      const topic = JSON.parse(event.data).topic;
      if (facts.doorbell !== undefined) { if (untouched() && !leaving) location.reload(); return; }
      if (!strip || topic.startsWith("station:") || topic === "picks" || topic === "printing" || topic === "stock" || topic === "tickets" || topic === "orders") look();
      if (topic === "attention") play(TONES.refused); // orders that nobody took on, money that nobody came for
      if (topic === "cleared") play(TONES.found); // a payment that was unclear came, and its basket is sold
      if (topic !== "stock") lookAround();
    };
    source.onerror = () => {
      poll(true);
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
    };
  }
  if (facts.topics) {
    if (facts.livePort === "0") poll(true); else listen();
    // Ages are words that grow old by themselves; a guide screen also goes back to its first picture.
    setInterval(lookEverywhere, facts.everyMs ? Number(facts.everyMs) : 20000);
  }

  document.addEventListener("store:look", lookEverywhere); // wedge.js: a scan was taken

  // What htmx does, seen from here
  document.addEventListener("htmx:config:request", (event) => {
    if (event.target.id === "scan-form" && box) box.value = ""; // the text is on its way; room for the next scan
  });
  document.addEventListener("htmx:before:request", (event) => { if (event.detail.ctx.request.method === "POST") busy += 1; });
  document.addEventListener("htmx:finally:request", (event) => {
    if (event.detail.ctx.request.method !== "POST") return;
    busy = Math.max(0, busy - 1);
    if (!busy && again) { again = false; look(); }
    lookAround();
  });
  document.addEventListener("htmx:error", () => { if (lost) lost.hidden = false; });
  document.addEventListener("htmx:after:request", () => { if (lost) lost.hidden = true; });
  document.addEventListener("htmx:after:swap", () => { settle(); tone(); });

  function settle() {
    clearTimeout(homeward);
    const now = shown();
    if (now.homeAfter) {
      homeward = setTimeout(() => {
        if (location.pathname.startsWith("/cashier/handed/")) history.replaceState(null, "", "/cashier/");
        look("");
      }, Number(now.homeAfter) * 1000);
    }
    const here = document.activeElement;
    if (box && (here === body || here === null || !here.isConnected)) box.focus({ preventScroll: true });
  }

  // Three soft tones of our own; the words on the stage always say the same. No sound before a first touch or key.
  const TONES = { found: [660, 880], handed: [784, 1047], pick: [988], refused: [311, 233], error: [311, 233] };
  let audio = null;
  let sounded = shown().key ?? "";
  function tone() {
    if (facts.shopper !== undefined) return; // shopper.js has its own
    const key = shown().key ?? "";
    const [kind, thing] = key.split(":");
    const notes = TONES[kind];
    const same = sounded.startsWith(`${kind}:${thing}`);
    sounded = key;
    if (notes && !same) play(notes);
  }
  function play(notes) {
    if (!navigator.userActivation?.hasBeenActive) return;
    audio ??= new AudioContext();
    notes.forEach((hertz, n) => {
      const start = audio.currentTime + n * 0.09;
      const voice = audio.createOscillator();
      const loudness = audio.createGain();
      voice.frequency.value = hertz;
      loudness.gain.setValueAtTime(0, start);
      loudness.gain.linearRampToValueAtTime(0.07, start + 0.015);
      loudness.gain.exponentialRampToValueAtTime(0.001, start + 0.18);
      voice.connect(loudness).connect(audio.destination);
      voice.start(start);
      voice.stop(start + 0.2);
    });
  }

  // Hands: keys typed anywhere belong to the scan box; a keyboard-wedge scanner ends with Enter or Tab.
  const typing = (element) => element.matches?.("input, textarea");
  document.addEventListener("keydown", (event) => {
    if (event.altKey && !event.ctrlKey && !event.metaKey && /^[0-9a-z]$/i.test(event.key)) {
      const way = document.querySelector(`[accesskey="${event.key.toLowerCase()}"]`);
      if (way) { event.preventDefault(); way.click(); }
      return;
    }
    if (!box || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = event.target;
    if (event.key === "Tab" && target === box && box.value && !event.shiftKey) {
      event.preventDefault();
      box.form.requestSubmit();
    } else if (event.key.length === 1 && event.key !== " " && !typing(target)) {
      box.focus({ preventScroll: true });
    }
  });

  // Sign-in: keypad, and a badge read by the station's scanner
  const untouched = () => [...document.querySelectorAll(".door-form input")].every((input) => input.type === "hidden" || !input.value);
  let field = document.getElementById("staff");
  document.addEventListener("focusin", (event) => { if (event.target.matches("#staff, #pin")) field = event.target; });
  document.querySelectorAll(".keypad").forEach((pad) => {
    pad.hidden = false;
    pad.addEventListener("click", (event) => {
      const key = event.target.closest("button")?.dataset.key;
      if (key === undefined || !field) return;
      field.value = key === "back" ? field.value.slice(0, -1) : field.value + key;
      field.focus();
    });
  });
  document.querySelectorAll("select[data-goto]").forEach((choice) => {
    choice.addEventListener("change", () => { location.href = choice.dataset.goto + encodeURIComponent(choice.value); });
  });
  document.addEventListener("submit", () => { leaving = true; });
  document.querySelector("form[data-auto]")?.requestSubmit();
  settle();
  navigator.serviceWorker?.register("/sw.js").catch(() => { /* without it a screen that is asked anew shows the browser's own page */ });
})();
