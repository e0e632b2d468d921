// The page that stands in for the daemon: knocks every second, and goes to the screen's home as soon as it is answered.
(() => {
  "use strict";
  const home = location.pathname === "/screen/pair" ? location.href : location.pathname.match(/^\/(kiosk|guide|display|cashier|it)\//)?.[0] ?? "/";
  const knock = async () => {
    try {
      const answer = await fetch("/recovering?knock", { method: "HEAD", cache: "no-store" });
      if (answer.ok) { location.replace(home); return; }
    } catch { /* not yet */ }
    setTimeout(knock, 1000);
  };
  setTimeout(knock, 500);
})();
