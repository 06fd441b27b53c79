
(function () {
  "use strict";
  var PAUSES = [500, 2000];
  function show(id) {
    var sections = document.querySelectorAll("section");
    for (var i = 0; i < sections.length; i++) { sections[i].hidden = sections[i].id !== id; }
  }
  var answer = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  if (!answer) { show("nothing"); return; }
  show("wait");
  function send(tries) {
    fetch(location.pathname.replace("/r/", "/f/"), {
      method: "POST", body: answer, credentials: "omit", cache: "no-store", redirect: "error",
      headers: { "Content-Type": "text/plain; charset=utf-8" }
    }).then(function (reply) { return reply.text(); }).then(function (name) {
      if (!/^[a-z-]+$/.test(name) || !document.getElementById(name)) { throw new Error(); }
      show(tries > 0 && name === "already-finished" ? "unsure" : name);
    }).catch(function () {
      if (tries === PAUSES.length) { show("lost"); return; }
      setTimeout(function () { send(tries + 1); }, PAUSES[tries]);
    });
  }
  send(0);
})();
