"use strict";
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const chart = document.getElementById("chart");
  const reading = document.getElementById("reading");
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const last = data.value.length - 1;
  const piece = (text, size, at) => text.slice(at * size, (at + 1) * size).trim();
  const commit = (at) => at >= 0 && at <= last ? piece(data.commit, 9, at) : "";
  const run = (at) => piece(data.run, 12, at);
  let minutes = 0;
  const minute = data.measured.map((step) => (minutes += step));
  const measured = (at) => {
    const date = new Date(minute[at] * 60000);
    return Number.isNaN(date.getTime()) ? minute[at] + " min" : date.toISOString().slice(0, 16).replace("T", " ");
  };
  // The place of each commit that is one point.
  const only = new Map();
  data.value.forEach((_, at) => only.set(commit(at), only.has(commit(at)) || commit(at) === "" ? -1 : at));
  const index = data.value.map((_, number) => number);

  function readable(value) {
    if (value === null || value === undefined) return "-";
    const times = [["s", 1e9], ["ms", 1e6], ["us", 1e3], ["ns", 1]];
    if (data.unit === "ns") {
      const [unit, scale] = times.find(([, size]) => Math.abs(value) >= size) || times[3];
      return Number((value / scale).toPrecision(4)) + " " + unit;
    }
    if (data.unit === "B") {
      const [unit, scale] = [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10], ["B", 1]].find(
        ([, size]) => Math.abs(value) >= size) || ["B", 1];
      return Number((value / scale).toPrecision(4)) + " " + unit;
    }
    const [prefix, scale] = [["G", 1e9], ["M", 1e6], ["k", 1e3], ["", 1]].find(
      ([, size]) => Math.abs(value) >= size) || ["", 1];
    return Number((value / scale).toPrecision(4)) + " " + prefix + (data.unit === "1" ? "" : data.unit);
  }

  function marks(u) {
    const context = u.ctx;
    const line = (at, stroke, dash) => {
      const x = u.valToPos(at - 0.5, "x", true);
      if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) return;
      context.save();
      context.strokeStyle = stroke;
      context.lineWidth = 2;
      context.setLineDash(dash);
      context.beginPath();
      context.moveTo(x, u.bbox.top);
      context.lineTo(x, u.bbox.top + u.bbox.height);
      context.stroke();
      context.restore();
    };
    data.breaks.forEach((at) => line(at, colour("--muted"), [4, 4]));
    data.bridges.forEach((at) => line(at, colour("--muted"), [10, 4]));
    data.releases.forEach(([at]) => line(at + 0.5, colour("--muted"), [1, 3]));
    data.steps.forEach(([at, verdict]) =>
      line(at, colour(verdict === "better" ? "--better" : "--worse"), []));
  }

  function read(at) {
    if (at === null || at === undefined) return;
    const release = data.releases.filter(([place]) => place === at).map(([, name]) => " release " + name).join();
    reading.textContent = "commit " + (commit(at) || "unknown") + ", " + measured(at) + ": " +
      readable(data.value[at]) +
      (data.low[at] === null ? "" : " (" + readable(data.low[at]) + " to " + readable(data.high[at]) + ")") + release;
  }

  const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
  const plot = new uPlot({
    width: Math.max(280, chart.clientWidth - 16),
    height: 340,
    legend: { show: false },
    scales: { x: { time: false } },
    cursor: { drag: { x: true, y: false } },
    axes: [
      Object.assign({}, axis, { values: (u, ticks) => ticks.map((at) => Number.isInteger(at) ? commit(at) : ""), space: 90 }),
      Object.assign({}, axis, { values: (u, ticks) => ticks.map(readable), size: 84 }),
    ],
    series: [
      {},
      { stroke: colour("--blue"), width: 1, points: { show: data.value.length < 2000, size: 5 } },
      { stroke: colour("--blue"), width: 0, points: { show: false } },
      { stroke: colour("--blue"), width: 0, points: { show: false } },
    ],
    bands: [{ series: [3, 2], fill: colour("--blue") + "33" }],
    hooks: {
      draw: [marks],
      setCursor: [(u) => read(u.cursor.idx)],
      setScale: [(u, key) => {
        if (key !== "x") return;
        const low = Math.max(0, Math.round(u.scales.x.min)), high = Math.min(last, Math.round(u.scales.x.max));
        const whole = low === 0 && high === last;
        history.replaceState(null, "", whole ? "#" : "#" + place(low) + ".." + place(high));
      }],
    },
  }, [index, data.value, data.low, data.high], chart);

  function show(low, high) {
    const width = Math.min(last, Math.max(1, high - low));
    const start = Math.min(Math.max(0, low), last - width);
    plot.setScale("x", { min: start, max: start + width });
  }
  function place(at) { return only.get(commit(at)) === at ? commit(at) : "@" + at; }
  function placed(text) {
    if (text.startsWith("@")) return /^@\d+$/.test(text) && Number(text.slice(1)) <= last ? Number(text.slice(1)) : -1;
    return only.has(text) ? only.get(text) : -1;
  }
  function act(name) {
    const low = plot.scales.x.min, high = plot.scales.x.max, width = high - low;
    if (name === "in") show(low + width / 4, high - width / 4);
    if (name === "out") show(low - width / 2, high + width / 2);
    if (name === "left") show(low - width / 4, high - width / 4);
    if (name === "right") show(low + width / 4, high + width / 4);
    if (name === "all") show(0, last);
  }
  const keys = { "+": "in", "-": "out", ArrowLeft: "left", ArrowRight: "right", "0": "all" };
  chart.addEventListener("keydown", (event) => {
    if (keys[event.key]) { act(keys[event.key]); event.preventDefault(); }
  });
  document.querySelectorAll("[data-act]").forEach((button) =>
    button.addEventListener("click", () => act(button.dataset.act)));
  let pressed = null;
  plot.over.addEventListener("mousedown", (event) => { pressed = event.clientX; });
  plot.over.addEventListener("mouseup", (event) => {
    const at = plot.cursor.idx;
    if (pressed !== null && Math.abs(event.clientX - pressed) < 3 && at !== null && run(at)) {
      location.href = "../runs/" + run(at) + ".html";
    }
    pressed = null;
  });
  window.addEventListener("resize", () => plot.setSize({ width: Math.max(280, chart.clientWidth - 16), height: 340 }));
  // A commit stays what it is when newer ones are measured; the number of a point does not.
  if (last >= 0) read(last);
  const given = /^#([^.]+)\.\.([^.]+)$/.exec(location.hash);
  if (given) {
    const [low, high] = [placed(given[1]), placed(given[2])];
    if (low >= 0 && high > low) show(low, high);
    else if (low < 0 || high < 0) reading.textContent = "The range of this address is not on this page.";
  }
})();
