
(function () {
  "use strict";
  // Before all else: the address may hold a token, which must not stay in the history.
  var query = location.search.slice(1);
  var fragment = location.hash.slice(1);
  // What a page that was reloaded was before: "link" or "done".
  var was = history.state;
  history.replaceState(was, "", location.href.split(/[?#]/)[0]);

  var LIMIT = 65536;
  var REPEAT = 500;
  var CLOSE = 2000;
  var STORED = "callback_listener.back";
  // What the program has kept while this tab's page is open in its place: see `src/kept.rs`.
  var KEPT = "callback_listener.page";
  var TOKEN = /^[0-9a-f]{32}$/;
  // A loopback URL up to its path: "http://localhost:x@other.example/" must not match.
  var PAGE_URL = /^(?:https:\/\/|http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?\/)/;

  // Tells this exchange from others: the program gives both ways and every repetition one response.
  function random() {
    var digits = "";
    crypto.getRandomValues(new Uint8Array(4)).forEach(function (byte) {
      digits += (byte + 256).toString(16).slice(1);
    });
    return digits;
  }

  // Throws where the user has blocked storage. Only a callback with `state` finds its token then.
  function storage(action, name, value) {
    try { return sessionStorage[action](name, value); } catch (error) { return null; }
  }
  function state(text) {
    var found = /(?:^|&)(?:amp;)*state=([0-9a-f]{32})(?:&|$)/.exec(text);
    return found && found[1];
  }

  function primary(tag) { return tag.split("-")[0].toLowerCase(); }
  function preferred(languages) {
    for (var i = 0; i < navigator.languages.length; i++) {
      for (var j = 0; j < languages.length; j++) {
        if (primary(languages[j].lang) === primary(navigator.languages[i])) { return languages[j]; }
      }
    }
    return languages[0];
  }
  var languages = document.querySelectorAll("main > div");
  var language = preferred(languages);
  for (var i = 0; i < languages.length; i++) { languages[i].hidden = languages[i] !== language; }
  document.documentElement.lang = language.lang;
  document.title = language.dataset.title;

  function section(name) {
    return /^[a-z-]+$/.test(name) && language.querySelector("[data-page=" + name + "]");
  }
  function show(name) {
    var shown = section(name);
    var sections = language.children;
    for (var i = 0; i < sections.length; i++) { sections[i].hidden = sections[i] !== shown; }
  }

  // Repeats a message until the program responds. It goes to the window that opened or frames this
  // one, and over a channel: an opener policy (COOP) of either site takes that window away, and
  // browsers separate the channels of a frame on another site. `patience` is how long the program
  // may be silent.
  function exchange(kind, token, text, waiting, patience) {
    var nonce = random();
    var message = ["callback_listener", kind, token, nonce].concat(text || []).join("\n");
    if (message.length > LIMIT) { show("nothing"); return; }
    var program = window.opener || window.parent;
    var lastResponse = Date.now();
    var closing = null;
    var channel;
    try { channel = new BroadcastChannel("callback_listener/" + token); } catch (error) {
      // An old browser, or a frame without an origin. The other way is left.
    }

    function send() {
      if (Date.now() - lastResponse >= patience) { show("go-back"); }
      if (channel) { channel.postMessage(message); }
      if (program !== window) { program.postMessage(message, location.origin); }
    }
    function end() {
      clearInterval(timer);
      window.removeEventListener("message", onMessage);
      if (channel) { channel.onmessage = null; channel.close(); }
    }
    function open(url, back) {
      // Not `assign`: Back must not return to this page. Throws for an URL that is none.
      location.replace(url);
      storage("setItem", STORED, back);
      end();
    }
    function finish(name) {
      show(name);
      // The program still waits for the callback, which needs the stored token.
      if (name === "nothing" || name === "not-found") { end(); return; }
      if (kind === "hello") {
        end();
        // The request ended while its page was prepared.
        if (name === "already-finished") { setTimeout(close, CLOSE); }
        return;
      }
      storage("removeItem", STORED);
      history.replaceState("done", "");
      // Browsers close only what a script has opened. Until then the program may lead on: a login
      // is followed by the page that has waited for it.
      if (/^(?:completed|cancelled|already-finished)$/.test(name)) {
        clearInterval(timer);
        closing = setTimeout(close, CLOSE);
      } else { end(); }
    }
    function leadOn(link) {
      clearTimeout(closing);
      end();
      history.replaceState("link", "");
      exchange("hello", link, "", "opening", 5000);
    }
    function receive(data) {
      if (typeof data !== "string" || data.length > LIMIT) { return; }
      var lines = data.split("\n");
      if (lines[0] !== "callback_listener" || lines[2] !== token) { return; }
      if (closing) {
        if (lines[1] === "next" && lines.length === 4 && TOKEN.test(lines[3])) { leadOn(lines[3]); }
        return;
      }
      // Another tab with this token gets responses of its own.
      if (lines.pop() !== nonce) { return; }
      var form = lines[1] + " " + lines.length;
      if (form === "wait 3") {
        lastResponse = Date.now();
        show(waiting);
      } else if (form === "show 4" && section(lines[3])) {
        finish(lines[3]);
      } else if (form === "open 5" && PAGE_URL.test(lines[3]) && TOKEN.test(lines[4])) {
        open(lines[3], lines[4]);
      }
    }
    function onMessage(event) {
      if (event.source === program && event.origin === location.origin) { receive(event.data); }
    }

    show(waiting);
    window.addEventListener("message", onMessage);
    if (channel) { channel.onmessage = function (event) { receive(event.data); }; }
    var timer = setInterval(send, REPEAT);
    send();
  }

  // Leads back to a program that was here before, and keeps the callback for it: it starts anew.
  function goBack(token, text) {
    var lines = (storage("getItem", KEPT) || "").split("\n");
    var isOurs = lines[0] === "callback_listener 1" && lines.length >= 5 && text.length <= LIMIT
      && lines[1].indexOf(location.origin + "/") === 0 && lines[2].split(" ").indexOf(token) >= 0;
    if (!isOurs) { return false; }
    // The first callback counts.
    lines[3] = lines[3] || token + " " + text;
    storage("setItem", KEPT, lines.join("\n"));
    if (storage("getItem", KEPT) !== lines.join("\n")) { return false; }
    storage("removeItem", STORED);
    history.replaceState("done", "");
    show("wait");
    location.replace(lines[1]);
    return true;
  }

  var link = fragment.indexOf("go=") === 0 && fragment.slice(3);
  var text = fragment || query;
  var token = state(fragment) || state(query) || storage("getItem", STORED);
  if (TOKEN.test(link)) {
    history.replaceState("link", "");
    exchange("hello", link, "", "opening", 5000);
  } else if (text && TOKEN.test(token)) {
    if (!goBack(token, text)) { exchange("callback", token, text, "wait", 3000); }
  } else {
    show(was === "done" ? "already-finished" : was === "link" ? "start-again" : "nothing");
  }
})();
