"use strict";
(function () {
  const text = document.getElementById("filter-text");
  const machine = document.getElementById("filter-machine");
  const label = document.getElementById("filter-label");
  const changed = document.getElementById("filter-changed");
  const count = document.getElementById("filter-count");
  const cards = Array.from(document.querySelectorAll(".card"));
  const search = cards.map((card) => card.textContent.toLowerCase());

  function apply() {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    cards.forEach((card, number) => {
      const visible =
        words.every((word) => search[number].includes(word)) &&
        (!machine.value || card.dataset.machine === machine.value) &&
        (!label.value || card.dataset.labels.split(" ").includes(label.value)) &&
        (!changed.checked || card.dataset.changed === "yes");
      card.hidden = !visible;
      shown += visible ? 1 : 0;
    });
    count.textContent = shown + " of " + cards.length;
    const state = new URLSearchParams();
    if (text.value) state.set("q", text.value);
    if (machine.value) state.set("machine", machine.value);
    if (label.value) state.set("label", label.selectedOptions[0].textContent);
    if (changed.checked) state.set("changed", "1");
    history.replaceState(null, "", "#" + state.toString());
  }

  const given = new URLSearchParams(location.hash.slice(1));
  text.value = given.get("q") || "";
  if (Array.from(machine.options).some((option) => option.value === given.get("machine"))) {
    machine.value = given.get("machine");
  }
  const named = Array.from(label.options).find((option) => option.value && option.textContent === given.get("label"));
  if (named) label.value = named.value;
  changed.checked = given.get("changed") === "1";
  [text, machine, label, changed].forEach((field) => field.addEventListener("input", apply));
  [machine, label].forEach((field) => field.addEventListener("change", apply));
  apply();
})();
