// Keeps a dashboard live: the stream's messages go into the store, changed panels into the page.
import { ChartView, loadCharts } from "./charts.js";
import { showNumber, showTable, showTiles } from "./panels.js";
import { Store } from "./store.js";
import { Stream } from "./stream.js";

const page = document.querySelector(".dashboard");
const sections = [...page.querySelectorAll("[data-panel]")];
const store = new Store(sections.length);
const charts = new Map();

const isChart = (section) => ["line", "bar", "histogram"].includes(section.dataset.kind);

function show(index) {
  const section = sections[index];
  const panel = store.panels[index];
  const note = section.querySelector(".note");
  note.textContent = panel.note;
  note.hidden = panel.note === "";
  switch (section.dataset.kind) {
    case "number":
      showNumber(section, panel);
      break;
    case "tiles":
      showTiles(section, panel);
      break;
    case "text":
      break;
    default:
      showTable(section, panel);
      charts.get(section)?.show(panel);
  }
}

function showFrame() {
  page.dataset.empty = store.empty ? "yes" : "no";
  const selects = [...page.querySelectorAll(".filters select")];
  selects.forEach((select, index) => {
    const known = new Set([...select.options].map((option) => option.value));
    for (const choice of store.choices[index] ?? []) {
      if (!known.has(choice)) select.add(new Option(choice, choice));
    }
  });
}

// What is read out: at most one sentence in 15 seconds, however much happens.
const news = document.querySelector("#news");
let pending = new Set();
let lastNews = 0;

function announce(indices) {
  indices.forEach((index) => pending.add(index));
  if (pending.size === 0 || performance.now() - lastNews < 15_000) return;
  const titles = [...pending].map((index) => sections[index].querySelector("h2").textContent);
  const listed = titles.slice(0, 3).join(", ");
  news.textContent = titles.length > 3 ? `Updated: ${listed} and ${titles.length - 3} more.` : `Updated: ${listed}.`;
  pending = new Set();
  lastNews = performance.now();
}

const live = document.querySelector(".live");

/// Since when the plugin does not fold, in ms; null: it does.
let stopped = null;

function showState(state, asOf) {
  if (state === "live" && stopped !== null) {
    showState("stale", stopped);
    return;
  }
  const time = asOf === null ? null : new Date(asOf);
  const clock = time?.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const words = { live: "Live", reconnecting: "Reconnecting…", stale: "Stale since" };
  live.dataset.state = state;
  live.querySelector(".live-word").textContent = words[state];
  const place = live.querySelector(".live-time");
  if (clock) place.textContent = state === "stale" ? clock : `as of ${clock}`;
  if (time) place.dateTime = time.toISOString();
  if (time) live.title = `The data of ${time.toLocaleString()}`;
  if (state === "stale" && stopped === null) news.textContent = "The connection is lost; the numbers are no longer up to date.";
}

const trouble = document.querySelector("#trouble");

function showTrouble({ state, since, reason }) {
  trouble.hidden = reason === undefined;
  stopped = trouble.hidden ? null : since;
  if (trouble.hidden) return;
  showState("stale", since);
  const title = state === "off" ? "This plugin is off" : "This plugin is being restarted";
  trouble.querySelector("h2").textContent = title;
  trouble.querySelector("time").textContent = new Date(since).toLocaleString();
  trouble.querySelector(".why").textContent = reason;
  news.textContent = `${title}; the numbers are no longer up to date.`;
}

const library = sections.some(isChart) ? await loadCharts(page.dataset.charts) : null;
for (const section of sections.filter(isChart)) {
  if (!library) continue;
  charts.set(section, new ChartView(library, section));
  section.querySelector(".numbers").open = false;
}

const stream = new Stream(page.dataset.stream, {
  snapshot(message) {
    // The plugin was replaced and its dashboard looks different now.
    if (message.layout !== page.dataset.layout) {
      location.reload();
      return;
    }
    store.snapshot(message).forEach(show);
    showFrame();
  },
  delta(message) {
    const changed = store.delta(message);
    if (changed === null) return false;
    changed.forEach(show);
    showFrame();
    announce(changed);
    return true;
  },
  state: showState,
  trouble: showTrouble,
});
stream.open();

// Another choice needs no new page: the focus stays where it is.
page.querySelector(".filters")?.addEventListener("change", (event) => {
  const chosen = [...new FormData(event.currentTarget)].filter(([, value]) => value !== "");
  const query = new URLSearchParams(chosen).toString();
  const address = query ? `${location.pathname}?${query}` : location.pathname;
  history.replaceState(null, "", address);
  stream.move(address.replace(location.pathname, `${location.pathname}/stream`));
});
