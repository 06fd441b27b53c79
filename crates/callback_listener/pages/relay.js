
(function () {
  "use strict";
  var PAUSES = [500, 2000];
  function show(id) {
    var sections = document.querySelectorAll("section");
    for (var i = 0; i < sections.length; i++) { sections[i].hidden = sections[i].id !== id; }
  }
  function state(text) {
    var found = /(?:^|&)(?:amp;)*state=([0-9a-f]{32})(?:&|$)/.exec(text);
    return found && found[1];
  }
  var path = location.pathname;
  var fragment = location.hash.slice(1);
  var query = location.search.slice(1);
  var isReturnUrl = path.indexOf("/r/") === 0;
  var token = isReturnUrl ? path.slice(3) : state(fragment) || state(query);
  var failed = !isReturnUrl && /(?:^|&)(?:amp;)*error=[^&]/.test(query + "&" + fragment);
  // A page that was reloaded remembers that it has done its work, and nothing else.
  var done = history.state === "done";
  history.replaceState(history.state, "", path);
  if (!fragment || !token) { show(done ? "already-finished" : failed ? "login-failed" : "nothing"); return; }
  show("wait");
  function send(tries) {
    fetch(document.querySelector("main").dataset.relay + token, {
      method: "POST", body: fragment, credentials: "omit", cache: "no-store", redirect: "error",
      headers: { "Content-Type": "text/plain; charset=utf-8" }
    }).then(function (response) { return response.text(); }).then(function (name) {
      if (!/^[a-z-]+$/.test(name) || !document.getElementById(name)) { throw new Error(); }
      if (name !== "nothing" && name !== "not-found") { history.replaceState("done", "", path); }
      show(tries > 0 && name === "already-finished" ? "unsure" : name);
    }).catch(function () {
      if (tries === PAUSES.length) { show("lost"); return; }
      setTimeout(function () { send(tries + 1); }, PAUSES[tries]);
    });
  }
  send(0);
})();
