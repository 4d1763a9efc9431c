"use strict";
(function () {
  const text = document.getElementById("filter-text");
  const changed = document.getElementById("filter-changed");
  const count = document.getElementById("filter-count");
  const rows = Array.from(document.querySelectorAll("tr[data-changed]"));
  const search = rows.map((row) => row.textContent.toLowerCase());

  function apply() {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, number) => {
      const visible = words.every((word) => search[number].includes(word)) &&
        (!changed.checked || row.dataset.changed === "yes");
      row.hidden = !visible;
      shown += visible ? 1 : 0;
    });
    count.textContent = shown + " of " + rows.length;
    const state = new URLSearchParams();
    if (text.value) state.set("q", text.value);
    if (changed.checked) state.set("changed", "1");
    history.replaceState(null, "", "#" + state.toString());
  }

  const given = new URLSearchParams(location.hash.slice(1));
  text.value = given.get("q") || "";
  changed.checked = given.get("changed") === "1";
  [text, changed].forEach((field) => field.addEventListener("input", apply));
  apply();
})();
