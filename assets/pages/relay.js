
(function () {
  "use strict";
  function show(id) {
    var sections = document.querySelectorAll("section");
    for (var i = 0; i < sections.length; i++) { sections[i].hidden = sections[i].id !== id; }
  }
  var answer = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  if (!answer) { show("nothing"); return; }
  show("wait");
  fetch(location.pathname.replace("/r/", "/f/"), {
    method: "POST", body: answer, credentials: "omit", cache: "no-store", redirect: "error",
    headers: { "Content-Type": "text/plain; charset=utf-8" }
  }).then(function (reply) { return reply.text(); }).then(function (name) {
    show(/^[a-z-]+$/.test(name) && document.getElementById(name) ? name : "lost");
  }).catch(function () { show("lost"); });
})();
