// Draws lines and bars with Chart.js. The table beneath a chart holds the same numbers.

const DASHES = [[], [6, 3], [2, 3], [8, 3, 2, 3], [12, 4], [4, 2], [1, 2], [10, 2, 2, 2, 2, 2]];
const POINTS = ["circle", "rect", "triangle", "rectRot", "star", "crossRot", "rectRounded", "cross"];

/// Bars with long names lie down, so that the names can be read.
const LONG_NAME = 12;
const BAR_HEIGHT = 26;

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

/// A colour of the style sheet as the canvas understands it: `rgb(…)`, as it is in the theme that holds.
const probe = document.createElement("span");
function colour(name) {
  if (!probe.isConnected) {
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

/// A colour that lets the panel's shine through by a fifth, and no grid line.
function softened(name) {
  const [own, surface] = [colour(name), colour("surface")].map((text) => text.match(/[\d.]+/g).map(Number));
  return `rgb(${own.slice(0, 3).map((part, index) => Math.round(part * 0.8 + surface[index] * 0.2))})`;
}

/// Writes the value at the end of each bar, where there is one series and room.
const valueLabels = {
  id: "valueLabels",
  afterDatasetsDraw(chart, _, options) {
    if (!options.text) return;
    const context = chart.ctx;
    const isLying = chart.options.indexAxis === "y";
    const bars = chart.getDatasetMeta(0).data;
    context.save();
    context.font = `11px ${chart.options.font.family}`;
    context.fillStyle = options.color;
    context.textAlign = isLying ? "left" : "center";
    context.textBaseline = isLying ? "middle" : "bottom";
    bars.forEach((bar, index) => {
      const text = options.text(index);
      if (!isLying && context.measureText(text).width > bar.width + 8) return;
      context.fillText(text, bar.x + (isLying ? 6 : 0), bar.y - (isLying ? 0 : 4));
    });
    context.restore();
  },
};

/// Chart.js, or null if the host has none.
export function loadCharts(address) {
  return new Promise((resolve) => {
    const script = document.createElement("script");
    script.src = address;
    script.addEventListener("load", () => resolve(window.Chart ?? null));
    script.addEventListener("error", () => resolve(null));
    document.head.append(script);
  });
}

export class ChartView {
  #library;
  #section;
  #canvas;
  #chart = null;
  #panel = null;

  constructor(library, section) {
    this.#library = library;
    this.#section = section;
    this.#canvas = section.querySelector("canvas");
    addEventListener("themechange", () => this.#redraw());
  }

  show(panel) {
    this.#panel = panel;
    this.#canvas.setAttribute("aria-label", describe(this.#section, panel));
    this.#section.classList.toggle("drawn", panel.rows.length > 0);
    if (panel.rows.length === 0) return;
    const config = this.#configuration();
    const isLying = config.options.indexAxis === "y";
    const plot = this.#canvas.parentElement;
    plot.style.minHeight = isLying ? `${panel.rows.length * BAR_HEIGHT + 48}px` : "";
    plot.style.maxHeight = isLying ? "none" : "";
    const shown = this.#chart?.config;
    const form = ({ data, options }) => `${data.datasets.length} ${options.indexAxis}`;
    if (!shown || form(shown) !== form(config)) {
      this.#chart?.destroy();
      this.#chart = new this.#library(this.#canvas, config);
      return;
    }
    this.#chart.data.labels = config.data.labels;
    config.data.datasets.forEach((series, index) => {
      const { label, data, pointRadius } = series;
      Object.assign(this.#chart.data.datasets[index], { label, data, pointRadius });
    });
    this.#chart.update(reducedMotion.matches ? "none" : undefined);
  }

  #redraw() {
    if (!this.#panel || this.#panel.rows.length === 0) return;
    this.#chart?.destroy();
    this.#chart = null;
    this.show(this.#panel);
  }

  #configuration() {
    const panel = this.#panel;
    const isLine = this.#section.dataset.kind === "line";
    const axis = this.#section.dataset.axis;
    const byValue = isLine && axis !== "steps";
    const labels = panel.rows.map((row) => row.cells[0].text);
    const few = panel.rows.length <= 40;
    const datasets = panel.columns.slice(1).map((column, index) => {
      const name = `series-${(index % 8) + 1}`;
      const values = panel.rows.map((row) => row.cells[index + 1].value);
      return {
        label: column.title,
        data: byValue ? values.map((y, at) => ({ x: panel.rows[at].cells[0].value, y })) : values,
        borderColor: colour(name),
        backgroundColor: isLine ? colour(name) : softened(name),
        hoverBackgroundColor: colour(name),
        borderWidth: isLine ? (few ? 2 : 1.5) : 0,
        borderRadius: isLine ? 0 : 3,
        maxBarThickness: 44,
        barPercentage: this.#section.dataset.kind === "histogram" ? 1 : 0.9,
        categoryPercentage: this.#section.dataset.kind === "histogram" ? 0.96 : 0.8,
        borderDash: isLine ? DASHES[index % DASHES.length] : [],
        pointStyle: POINTS[index % POINTS.length],
        pointRadius: isLine && few ? 3 : 0,
        pointHoverRadius: 5,
        pointHitRadius: 12,
        tension: 0.25,
        cubicInterpolationMode: "monotone",
      };
    });
    const isLying =
      this.#section.dataset.kind === "bar" && labels.length <= 30 && labels.some((label) => label.length > LONG_NAME);
    const options = isLying ? this.#lyingOptions() : this.#options(byValue, axis);
    const isSingle = !isLine && datasets.length === 1;
    options.plugins.valueLabels = {
      text: isSingle && ((index) => this.#panel.rows[index]?.cells[1].text ?? ""),
      color: colour("soft"),
    };
    options.layout = { padding: { top: isSingle && !isLying ? 14 : 4, right: isSingle && isLying ? 44 : 4 } };
    return { type: isLine ? "line" : "bar", data: { labels, datasets }, options, plugins: [valueLabels] };
  }

  #lyingOptions() {
    const options = this.#options(false, "steps");
    const { x, y } = options.scales;
    const names = { ...x, ticks: { ...x.ticks, autoSkip: false, callback: (_, index) => this.#shortName(index) } };
    return { ...options, indexAxis: "y", scales: { x: y, y: names } };
  }

  #shortName(index) {
    const name = this.#panel.rows[index]?.cells[0].text ?? "";
    return name.length > 24 ? `${name.slice(0, 23)}…` : name;
  }

  #options(byValue, axis) {
    const panel = () => this.#panel;
    const soft = colour("soft");
    const line = colour("line");
    const text = (row, series) => panel().rows[row]?.cells[series + 1]?.text ?? "";
    const tick = { color: soft, maxRotation: 0, autoSkipPadding: 14, font: { size: 11 } };
    return {
      responsive: true,
      maintainAspectRatio: false,
      animation: reducedMotion.matches ? false : { duration: 350 },
      interaction: { mode: "index", intersect: false },
      font: { family: getComputedStyle(document.body).fontFamily },
      scales: {
        x: {
          type: byValue ? "linear" : "category",
          bounds: "data",
          grid: { display: false, drawBorder: false },
          border: { color: line },
          ...(byValue && axis === "time" ? timeTicks(tick) : { ticks: tick }),
        },
        y: {
          beginAtZero: true,
          grid: { color: line, drawBorder: false },
          ticks: { ...tick, maxTicksLimit: 6, padding: 6 },
        },
      },
      plugins: {
        legend: {
          display: panel().columns.length > 2,
          position: "bottom",
          labels: { color: soft, usePointStyle: true, boxWidth: 28, boxHeight: 7, padding: 14, font: { size: 12 } },
        },
        tooltip: {
          backgroundColor: colour("ink"),
          titleColor: colour("paper"),
          bodyColor: colour("paper"),
          padding: 10,
          cornerRadius: 8,
          usePointStyle: true,
          callbacks: {
            title: (items) => panel().rows[items[0]?.dataIndex]?.cells[0]?.text ?? "",
            label: (item) => ` ${item.dataset.label}: ${text(item.dataIndex, item.datasetIndex)}`,
          },
        },
      },
    };
  }
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TIME_STEPS = [1, 2, 5, 10, 15, 30].map((n) => n * MINUTE).concat(
  [1, 2, 3, 6, 12].map((n) => n * HOUR),
  [1, 2, 7, 14, 30, 90, 365].map((n) => n * DAY),
);

/// Ticks at round times of UTC, at most seven: the time of day, or the date where one begins.
function timeTicks(tick) {
  return {
    afterDataLimits(axis) {
      if (axis.min === axis.max) [axis.min, axis.max] = [axis.min - HOUR, axis.max + HOUR];
    },
    afterBuildTicks(axis) {
      const span = axis.max - axis.min;
      const step = TIME_STEPS.find((step) => span / step <= 6) ?? TIME_STEPS.at(-1);
      axis.ticks = [];
      for (let at = Math.ceil(axis.min / step) * step; at <= axis.max; at += step) axis.ticks.push({ value: at });
    },
    ticks: {
      ...tick,
      callback(value) {
        const text = new Date(value).toISOString();
        return value % DAY === 0 ? text.slice(0, 10) : text.slice(11, 16);
      },
    },
  };
}

/// What a chart shows, in a sentence.
function describe(section, panel) {
  const title = section.querySelector("h2").textContent;
  const kind = { line: "Line chart", bar: "Bar chart", histogram: "Histogram" }[section.dataset.kind];
  if (panel.rows.length === 0) return `${title}: ${kind} without data yet.`;
  const series = panel.columns.slice(1).map((column) => column.title);
  const last = panel.rows.at(-1);
  const values = last.cells
    .slice(1)
    .map((cell, index) => (series.length > 1 ? `${series[index]} ${cell.text}` : cell.text));
  return (
    `${title}: ${kind}, ${panel.rows.length} ${panel.rows.length === 1 ? "value" : "values"} from ` +
    `${panel.rows[0].cells[0].text} to ${last.cells[0].text}; the last is ${values.join(", ")}. ` +
    "The numbers follow in a table."
  );
}
