// The stream of a dashboard, and how fresh what it brought is.

/// Without a sign of life for this long the page no longer says that it is live. Beats come every 5 s by default.
const PATIENCE = 20_000;

/// Reconnecting by ourselves, when the browser has given up (it does so after an HTTP error).
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;

export class Stream {
  #address;
  #handlers;
  #source = null;
  #last = null;
  #pause = FIRST_PAUSE;
  #heard = performance.now();
  #state = "still";
  #asOf = null;

  /// handlers: snapshot(message), delta(message) -> false to ask for a snapshot, state(name, asOf in ms),
  /// trouble(why the plugin does not fold, or an object without a reason)
  constructor(address, handlers) {
    this.#address = address;
    this.#handlers = handlers;
  }

  /// Goes on with another choice of data.
  move(address) {
    this.#address = address;
    this.#last = null;
    this.#connect();
  }

  open() {
    this.#connect();
    setInterval(() => this.#check(), 1_000);
    // A laptop that wakes up, a phone that comes back: don't wait for the next try.
    addEventListener("online", () => this.#connect());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.#state !== "live") this.#connect();
    });
    addEventListener("pagehide", () => this.#source?.close());
    addEventListener("pageshow", (event) => {
      if (event.persisted) this.#connect();
    });
  }

  #connect() {
    this.#source?.close();
    const address = new URL(this.#address, location.href);
    if (this.#last) address.searchParams.set("last-event-id", this.#last);
    const source = new EventSource(address);
    this.#source = source;
    source.addEventListener("snapshot", (event) => this.#take(event, "snapshot"));
    source.addEventListener("delta", (event) => this.#take(event, "delta"));
    source.addEventListener("beat", (event) => this.#alive(JSON.parse(event.data).asOf));
    // The page itself says why.
    source.addEventListener("trouble", (event) => this.#handlers.trouble(JSON.parse(event.data)));
    source.addEventListener("gone", () => location.reload());
    source.addEventListener("error", () => this.#failed(source));
  }

  #take(event, kind) {
    const message = JSON.parse(event.data);
    if (this.#handlers[kind](message) === false) {
      this.#last = null;
      this.#connect();
      return;
    }
    this.#last = event.lastEventId;
    this.#alive(message.asOf);
  }

  #alive(asOf) {
    this.#heard = performance.now();
    this.#pause = FIRST_PAUSE;
    this.#asOf = asOf;
    this.#say("live");
  }

  #failed(source) {
    if (source !== this.#source) return;
    if (this.#state === "live" || this.#state === "still") this.#say("reconnecting");
    if (source.readyState !== EventSource.CLOSED) return;
    setTimeout(() => {
      if (source === this.#source) this.#connect();
    }, this.#pause);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
  }

  #check() {
    if (performance.now() - this.#heard < PATIENCE) return;
    if (this.#state === "live") {
      // The connection is open and silent: it leads nowhere.
      this.#connect();
    }
    this.#say("stale");
  }

  #say(state) {
    this.#state = state;
    this.#handlers.state(state, this.#asOf);
  }
}
