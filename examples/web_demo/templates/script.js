// The page works without this: it sends the forms in place, and shows what happens while it happens.
"use strict";
let asking = false;

async function show(response) {
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of fresh.querySelectorAll("[data-live]")) {
    const shown = document.getElementById(part.id);
    if (shown.innerHTML === part.innerHTML) continue;
    const focused = document.activeElement.id;
    const scrolled = [...shown.querySelectorAll(".ledger")].map((ledger) => [ledger.id, ledger.scrollTop]);
    shown.innerHTML = part.innerHTML;
    for (const [id, top] of scrolled) document.getElementById(id).scrollTop = top;
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }
}

async function look() {
  if (asking || document.hidden) return;
  asking = true;
  try {
    await show(await fetch("/"));
    document.body.classList.remove("away");
  } catch {
    document.body.classList.add("away"); // the demo was ended
  } finally {
    asking = false;
  }
}

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.submitter;
  const body = new URLSearchParams(button.name ? { [button.name]: button.value } : {});
  await show(await fetch(event.target.action, { method: "POST", body }));
});
setInterval(look, 300);
