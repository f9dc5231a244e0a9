// Small things that a page does better with a script; none of them needs one.
"use strict";

// A page that bears data-live="<community>" says so when something there has changed since.
const live = document.querySelector("[data-live]");
if (live && "EventSource" in window) {
  const source = new EventSource("/live?community=" + encodeURIComponent(live.dataset.live));
  source.addEventListener("changed", (event) => {
    const at = new URL(location.href);
    at.searchParams.set("at", event.lastEventId);
    if (live.dataset.liveReload !== undefined) {
      source.close();
      // Not all screens at once.
      setTimeout(() => location.replace(at), 500 + Math.random() * 4500);
      return;
    }
    const link = live.querySelector("[data-live-link]");
    if (link) {
      link.href = at;
      link.hidden = false;
    }
  });
  addEventListener("pagehide", () => source.close());
}

// What is to be copied (a notice, a calendar's address) is copied by a press.
for (const button of document.querySelectorAll("button[data-copy]")) {
  const from = document.getElementById(button.dataset.copy);
  if (!from || !navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(from.value ?? from.textContent.trim());
    button.setAttribute("aria-pressed", "true");
  });
}

// A page for paper opens the printer's window by a press.
for (const button of document.querySelectorAll("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
