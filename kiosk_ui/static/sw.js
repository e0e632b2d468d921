// Answers in place of a daemon that is away, so that nobody sees a browser's error page. Holds one page, and nothing else.
// FILES and CACHE are set by kiosk_ui/recovering.py.
"use strict";
const PAGE = FILES[0];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  const others = (names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(others).then(() => self.clients.claim()));
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(PAGE)));
    return;
  }
  const url = new URL(request.url);
  if (FILES.indexOf(url.pathname + url.search) > 0) {
    event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  }
});
