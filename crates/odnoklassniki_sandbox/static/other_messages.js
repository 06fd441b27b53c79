// Messages that are no result. Scripts of OK's other widgets and of its portal post the like.
"use strict";
(() => {
  const game = window.opener || (window.parent !== window ? window.parent : null);
  if (!game) return;
  const texts = [
    "ok_setStyle$ok_widget_1$width:600px;height:300px",
    "ok_shared$ok_widget_1",
    "__FAPI__setWindowSize$600$300",
    "showInvite$ok$561104940001",
    "payment=ok",
    '{"call":{"method":"prepare"},"result":{"status":"ok","code":"READY"}}',
    "",
  ];
  for (const text of texts) game.postMessage(text, "*");
  // After the result, if there is one: the scripts of the page have run.
  document.addEventListener("DOMContentLoaded", () => {
    if (document.getElementById("done")) game.postMessage("hideWidgetIframe", "*");
  });
})();
