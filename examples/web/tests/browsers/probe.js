// What the game leaves in its page, and when. It runs before the game.
(() => {
  const listeners = new Map();
  const timers = new Map();
  const channels = new Set();
  const fired = {};
  const name = (target, type) => `${type} of ${target === window ? "window" : target.nodeName ?? target.constructor.name}`;
  const change = (target, type, step) => {
    const key = name(target, type);
    listeners.set(key, (listeners.get(key) ?? 0) + step);
  };
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  EventTarget.prototype.addEventListener = function (type, ...rest) {
    change(this ?? window, type, 1);
    return addEventListener.call(this ?? window, type, ...rest);
  };
  EventTarget.prototype.removeEventListener = function (type, ...rest) {
    change(this ?? window, type, -1);
    return removeEventListener.call(this ?? window, type, ...rest);
  };
  const { setTimeout, clearTimeout, setInterval, clearInterval } = window;
  window.setTimeout = (act, wait = 0, ...rest) => {
    const run = () => {
      timers.delete(id);
      fired[wait] = (fired[wait] ?? 0) + 1;
      act(...rest);
    };
    const id = setTimeout(run, wait);
    timers.set(id, { wait, run });
    return id;
  };
  window.setInterval = (act, wait, ...rest) => {
    const id = setInterval(act, wait, ...rest);
    timers.set(id, { wait });
    return id;
  };
  window.clearTimeout = window.clearInterval = (id) => {
    timers.delete(id);
    clearTimeout(id);
    clearInterval(id);
  };
  // Before the game gets a callback, whichever way it comes.
  const see = ({ data }) => {
    const [name, kind] = String(data).split("\n");
    if (name === "callback_listener" && kind === "callback") {
      window.probe.callbacks++;
      window.probe.onCallback?.();
    }
  };
  addEventListener.call(window, "message", see, true);
  const Channel = window.BroadcastChannel;
  window.BroadcastChannel = class extends Channel {
    constructor(...rest) {
      super(...rest);
      channels.add(this);
      addEventListener.call(this, "message", see);
    }
    close() {
      channels.delete(this);
      super.close();
    }
  };
  // A clock that a test can set forward.
  const now = performance.now.bind(performance);
  let ahead = 0;
  performance.now = () => now() + ahead;
  // When the player released the button last, and when the first result came.
  addEventListener.call(window, "pointerup", () => { window.probe.released ??= now(); }, true);
  const lines = [];
  for (const level of ["log", "info", "warn", "error"]) {
    const write = console[level];
    console[level] = (...rest) => {
      lines.push(rest.join(" "));
      return write.apply(console, rest);
    };
  }
  let list;
  Object.defineProperty(window, "report", {
    get: () => list,
    set(value) {
      const push = value.push;
      value.push = function (entry) {
        window.probe.reported ??= now();
        return push.call(this, entry);
      };
      list = value;
    },
  });
  window.probe = {
    alive: () => [
      ...[...listeners].filter(([, count]) => count > 0).map(([key, count]) => `${count} ${key}`),
      ...[...timers.values()].map(({ wait }) => `timer of ${wait} ms`),
      ...[...channels].map(() => "channel"),
    ].sort(),
    // Timers of this length that wait, and those that have run.
    waiting: (wait) => [...timers.values()].filter((timer) => timer.wait === wait).length,
    fired: (wait) => fired[wait] ?? 0,
    // Sets the clock forward: `advance` as if the page had been hidden meanwhile.
    skip(time) { ahead += time; },
    advance(time) {
      ahead += time;
      document.dispatchEvent(new Event("visibilitychange"));
    },
    // Keeps the timers of this length from running, until `runLate`.
    hold(wait) {
      for (const [id, timer] of timers) if (timer.wait === wait) clearTimeout(id);
    },
    // Runs the timers of these lengths, as a page does that was busy. `late` counts them.
    runLate(shortest, longest) {
      for (const [id, { wait, run }] of [...timers]) {
        if (wait >= shortest && wait <= longest && run) {
          clearTimeout(id);
          window.probe.late++;
          run();
        }
      }
    },
    late: 0,
    callbacks: 0,
    onCallback: null,
    lines,
  };
})();
