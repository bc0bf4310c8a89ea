// Charts, drawn by uPlot (web/vendor/uplot). They show seconds up to now; what they say stands beside them as text.

import { WINDOW, addresses, gaps, runs, second } from "./seen.js";

/// Height of the line of an address, in pixels, as in style.css.
export const LANE = 20;
/// Lines that a name has room for, so that nothing moves when an address comes; and those of one that somebody has opened.
const LANES = 4;
const OPEN_LANES = 8;
/// Height of the axis.
const AXIS = 18;

const dark = matchMedia("(prefers-color-scheme: dark)");
let colours = {};

/// A colour of style.css, by its name.
function colour(name) {
  colours[name] ??= getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  return colours[name];
}

const charts = new Map();

dark.addEventListener("change", () => {
  colours = {};
  for (const chart of charts.values()) chart.plot.redraw(false, true);
});

const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const chart = charts.get(target.dataset.chart);
    const width = Math.floor(target.clientWidth);
    if (chart && width > 0 && width !== chart.plot.width) chart.plot.setSize({ width, height: chart.plot.height });
  }
});

const roomFor = (open) => (open ? OPEN_LANES : LANES);

/// The lines of a name, each with its addresses: one, but for the last line, which has all that have no room.
export function lanesOf(buckets, open) {
  const [all, room] = [addresses(buckets), roomFor(open)];
  if (all.length <= room) return all.map((address) => [address]);
  return [...all.slice(0, room - 1).map((address) => [address]), all.slice(room - 1)];
}

/// Draws what `data-chart` names into its element: the lanes of a name, or the rate. Charts without an element are dropped.
export function draw(root, buckets, isOpen) {
  const seen = new Set();
  for (const place of root.querySelectorAll("[data-chart]")) {
    const id = place.dataset.chart;
    seen.add(id);
    const isRate = id === "rate";
    const height = isRate ? 84 : roomFor(isOpen(id)) * LANE + AXIS;
    let chart = charts.get(id);
    if (chart && (chart.plot.root.parentNode !== place || chart.plot.height !== height)) {
      drop(id);
      chart = null;
    }
    if (!chart) {
      const width = Math.floor(place.clientWidth);
      if (width === 0) continue;
      const state = { buckets: buckets(id), open: isOpen(id) };
      chart = { place, state, plot: new globalThis.uPlot(isRate ? rateOptions(width, height) : laneOptions(width, height, state), [[]], place) };
      charts.set(id, chart);
      resized.observe(place);
    }
    chart.state.buckets = buckets(id);
    chart.plot.setData(isRate ? rateData(buckets(id)) : [[second() - WINDOW, second() + 1]]);
  }
  for (const id of charts.keys()) if (!seen.has(id)) drop(id);
}

function drop(id) {
  const { place, plot } = charts.get(id);
  resized.unobserve(place);
  plot.destroy();
  charts.delete(id);
}

/// The axis of time: minutes before now.
const timeAxis = () => ({
  size: AXIS,
  gap: 3,
  font: "12px system-ui, sans-serif",
  stroke: () => colour("dim"),
  grid: { stroke: () => colour("line"), width: 1 },
  ticks: { show: false },
  splits: (plot) => [5, 4, 3, 2, 1, 0].map((minutes) => plot.scales.x.max - minutes * 60),
  values: (plot, splits) => splits.map((split) => {
    const minutes = Math.round((plot.scales.x.max - split) / 60);
    if (minutes === 0) return "now";
    const narrow = plot.width < 290;
    if (narrow && minutes % 2 === 0) return "";
    return narrow && minutes < 5 ? `−${minutes}` : `−${minutes} min`;
  }),
});

const timeScale = { time: false, range: () => [second() + 1 - WINDOW, second() + 1] };

const common = (width, height) => ({ width, height, padding: [0, 20, 0, 20], legend: { show: false }, cursor: { show: false } });

/// A line for each address: thin where it was handed out, tall and hatched where nothing answered there.
function laneOptions(width, height, state) {
  return {
    ...common(width, height),
    scales: { x: timeScale },
    axes: [timeAxis()],
    series: [{}],
    hooks: {
      drawClear: [(plot) => shade(plot, state.buckets)],
      drawAxes: [(plot) => lanes(plot, state)],
    },
  };
}

/// Where a run is on the canvas, in its pixels; null where it has left the window.
function span(plot, run) {
  const { left, width } = plot.bbox;
  const x = (at) => Math.min(left + width, Math.max(left, plot.valToPos(at, "x", true)));
  const [from, until] = [x(run.from), x(run.until)];
  return until > from ? { from, width: Math.max(globalThis.uPlot.pxRatio, until - from) } : null;
}

/// The time in which dead addresses were handed out, across all lines.
function shade(plot, buckets) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.fillStyle = colour("sunk");
  ctx.fillRect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.fillStyle = colour("bad-soft");
  for (const gap of gaps(buckets)) {
    const at = span(plot, gap);
    if (at) ctx.fillRect(at.from, bbox.top, at.width, bbox.height);
  }
  ctx.restore();
}

const FILL = { alive: "good", public: "public", dead: "bad" };

function lanes(plot, { buckets, open }) {
  const { ctx, bbox } = plot;
  const ratio = globalThis.uPlot.pxRatio;
  ctx.save();
  for (const [n, lane] of lanesOf(buckets, open).entries()) {
    const middle = bbox.top + (n + 0.5) * LANE * ratio;
    for (const run of runs(buckets, lane)) {
      const at = span(plot, run);
      if (!at) continue;
      const height = (run.state === "dead" ? 15 : 6) * ratio;
      ctx.fillStyle = colour(FILL[run.state]);
      ctx.fillRect(at.from, middle - height / 2, at.width, height);
    }
  }
  ctx.restore();
}

function rateData(buckets) {
  const now = second();
  const at = new Map(buckets.map((bucket) => [bucket.at, bucket]));
  // the second that runs is not over
  const seconds = Array.from({ length: WINDOW + 1 }, (_, n) => now - WINDOW + n);
  const value = (key) => seconds.map((n) => (n === now ? null : (at.get(n)?.[key] ?? 0)));
  return [seconds, value("asked"), value("dead")];
}

/// The next of 1, 2, 4, 6 and 8 times a power of ten, at least 10.
function roundUp(value) {
  const power = 10 ** Math.max(1, Math.floor(Math.log10(Math.max(1, value))));
  return value <= power ? power : Math.ceil(value / power / 2) * 2 * power;
}

/// Queries a second: all, and those that got a dead address.
function rateOptions(width, height) {
  const series = (line, fill) => ({ stroke: () => colour(line), fill: () => colour(fill), width: 1.5, points: { show: false }, paths: globalThis.uPlot.paths.stepped({ align: 1 }) });
  const axis = { size: 44, gap: 4, font: "12px system-ui, sans-serif", stroke: () => colour("dim"), grid: { stroke: () => colour("line"), width: 1 }, ticks: { show: false }, space: 26, values: (_plot, splits) => splits.map((value) => (value === 0 ? "" : value.toLocaleString("en"))), splits: (plot) => [0, plot.scales.y.max / 2, plot.scales.y.max] };
  return {
    ...common(width, height),
    padding: [8, 20, 0, 0],
    scales: { x: timeScale, y: { range: (_plot, _min, max) => [0, roundUp(max)] } },
    axes: [timeAxis(), axis],
    series: [{}, series("accent", "accent-soft"), series("bad", "bad-soft")],
  };
}
