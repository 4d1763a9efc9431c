"use strict";
(function () {
  const boxes = JSON.parse(document.getElementById("flame-data").textContent);
  const graph = document.getElementById("flame");
  const reading = document.getElementById("flame-reading");
  const search = document.getElementById("flame-search");
  const found = document.getElementById("flame-found");
  const ROW = 18, LEAST = 0.001, TOLERANCE = 20;
  const begin = Math.min(...boxes.map((box) => box[1]));
  const end = Math.max(...boxes.map((box) => box[1] + box[2]));
  const depth = 1 + Math.max(...boxes.map((box) => box[3]));
  const roots = boxes.filter((box) => box[3] === 0);
  const whole = roots.reduce((sum, box) => sum + box[4], 0);
  let view = { low: begin, high: end, level: 0 };
  let current = null;

  function words(box) {
    const ms = box[4] / 1000;
    return box[0] + ": " + (ms >= 10 ? ms.toFixed(1) : ms.toPrecision(3)) + " ms, " +
      (100 * box[4] / Math.max(1, whole)).toFixed(1) + " %";
  }
  function matches(box) {
    const text = search.value.trim().toLowerCase();
    return text !== "" && box[0].toLowerCase().includes(text);
  }
  function draw() {
    const span = view.high - view.low;
    graph.textContent = "";
    graph.style.height = depth * ROW + "px";
    boxes.forEach((box, number) => {
      const left = Math.max(box[1], view.low), right = Math.min(box[1] + box[2], view.high);
      const share = (right - left) / span;
      if (share < LEAST) return;
      const element = document.createElement("div");
      element.className = "flame-box tint" + ([...box[0]].reduce((sum, c) => sum + c.codePointAt(0), 0) % 4) +
        (matches(box) ? " found" : "") + (box[3] < view.level ? " outer" : "");
      element.style.left = 100 * (left - view.low) / span + "%";
      element.style.width = 100 * share + "%";
      element.style.bottom = box[3] * ROW + "px";
      element.dataset.box = String(number);
      element.title = words(box);
      if (share > 0.03) element.textContent = box[0].includes(":") && share < 0.15 ? box[0].slice(box[0].lastIndexOf(":") + 1) : box[0];
      if (box === current) element.classList.add("current");
      graph.append(element);
    });
    const hits = boxes.filter(matches);
    // A found box within another found one does not count twice.
    const outermost = hits.filter((box) => !hits.some((other) => other !== box && other[3] < box[3] &&
      other[1] <= box[1] + TOLERANCE && box[1] + box[2] <= other[1] + other[2] + TOLERANCE));
    const time = outermost.reduce((sum, box) => sum + box[4], 0);
    found.textContent = search.value.trim() === "" ? "" :
      hits.length + " found, " + (100 * time / Math.max(1, whole)).toFixed(1) + " % of the time";
  }
  function select(box) {
    current = box;
    reading.textContent = words(box);
    draw();
  }
  function zoom(box) {
    view = box ? { low: box[1], high: box[1] + box[2], level: box[3] } : { low: begin, high: end, level: 0 };
    draw();
  }
  function centre(box) { return box[1] + box[2] / 2; }
  function next(key) {
    if (!current) return roots[0];
    const level = current[3] + (key === "ArrowUp" ? 1 : key === "ArrowDown" ? -1 : 0);
    const row = boxes.filter((box) => box[3] === level).sort((a, b) => a[1] - b[1]);
    if (key === "ArrowLeft") return row[row.indexOf(current) - 1];
    if (key === "ArrowRight") return row[row.indexOf(current) + 1];
    const inside = (inner, outer) => centre(inner) >= outer[1] && centre(inner) <= outer[1] + outer[2];
    if (key === "ArrowDown") return row.find((box) => inside(current, box));
    return row.filter((box) => inside(box, current)).sort((a, b) => b[2] - a[2])[0];
  }
  graph.addEventListener("click", (event) => {
    const element = event.target.closest("[data-box]");
    if (!element) return;
    const box = boxes[Number(element.dataset.box)];
    select(box);
    zoom(box);
  });
  graph.addEventListener("keydown", (event) => {
    if (event.key.startsWith("Arrow")) {
      const box = next(event.key);
      if (box) select(box);
      event.preventDefault();
    } else if (event.key === "Enter" && current) { zoom(current); event.preventDefault();
    } else if (event.key === "Escape" || event.key === "0") { zoom(null); event.preventDefault(); }
  });
  document.getElementById("flame-all").addEventListener("click", () => zoom(null));
  search.addEventListener("input", draw);
  draw();
})();
