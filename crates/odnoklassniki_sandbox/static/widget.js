// Extras of the widget pages. Everything works without them.
"use strict";
(() => {
  const done = document.getElementById("done");
  if (done) {
    // The game's page opened this window or holds this frame. It must check our origin.
    const game = window.opener || (window.parent !== window ? window.parent : null);
    const { message, object, twice, close } = done.dataset;
    if (game && message !== undefined) {
      let data = message;
      if (object === "true") {
        try {
          data = JSON.parse(message);
        } catch {
          // An unreadable result stays a text.
        }
      }
      game.postMessage(data, "*");
      if (twice === "true") game.postMessage(data, "*");
    }
    if (close === "true") window.close();
    return;
  }
  const tried = document.getElementById("tried");
  if (tried) {
    // Errors of a login come in the fragment, which the sandbox does not get to see.
    for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
      const row = document.createElement("div");
      row.append(document.createElement("dt"), document.createElement("dd"));
      row.firstChild.textContent = name;
      row.lastChild.textContent = value;
      tried.append(row);
    }
    return;
  }
  const form = document.getElementById("widget");
  const count = document.getElementById("count");
  if (!form) return;
  if (count) {
    const update = () => {
      const chosen = form.querySelectorAll("input[name=friend]:checked").length;
      count.textContent = chosen ? ` · ${chosen}` : "";
    };
    form.addEventListener("change", update);
    window.addEventListener("pageshow", update);
    update();
  }
  if (document.body.classList.contains("popup") && window.opener) {
    const width = Math.min(620, screen.availWidth);
    const height = Math.min(720, screen.availHeight);
    try {
      window.resizeTo(width, height);
      window.moveTo((screen.availWidth - width) / 2, (screen.availHeight - height) / 2);
    } catch {
      // A browser may forbid it; the page is as good in any window.
    }
  }
})();
