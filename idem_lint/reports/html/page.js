"use strict";
(() => {
  const form = document.getElementById("controls");
  const search = document.getElementById("search");
  const shown = document.getElementById("shown");
  const choices = ["standing", "domain", "kind"].map((name) => document.getElementById(name));
  const rows = [...document.querySelectorAll("table.entries tbody tr")].map((row) => [row, row.textContent.toLowerCase()]);

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const [row, text] of rows) {
      const fits = choices.every((choice) => choice.value === "*" || row.dataset[choice.id] === choice.value)
        && words.every((word) => text.includes(word));
      row.hidden = !fits;
      count += fits ? 1 : 0;
    }
    shown.textContent = `${count} of ${rows.length} shown`;
  }

  // A link into the table must not lead to a row that a filter hides.
  function reveal() {
    const row = document.getElementById(location.hash.slice(1));
    if (row && row.hidden) {
      form.reset();
      filter();
      row.scrollIntoView();
    }
    row?.querySelector("details.way")?.setAttribute("open", "");
  }

  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  for (const link of document.querySelectorAll("[data-filter]")) {
    link.addEventListener("click", () => {
      form.reset();
      document.getElementById("domain").value = link.dataset.filter;
      filter();
    });
  }
  addEventListener("hashchange", reveal);
  filter();
  reveal();

  const today = new Date().toISOString().slice(0, 10);
  for (const time of document.querySelectorAll(".until")) {
    if (time.dataset.until < today && !time.nextElementSibling) {
      time.insertAdjacentHTML("afterend", ' <span class="badge bad">over</span>');
    }
  }

  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const details of folded) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of folded) details.open = false;
  });
})();
