"use strict";
// Keys of the desk; whoever writes into a field is not disturbed.
const places = {t: "/", g: "/groups", c: "/course", a: "/appeals", d: "/decisions"};
const button = document.getElementById("keys-button");
const keys = document.getElementById("keys");

function toggleKeys() {
  keys.hidden = !keys.hidden;
  button.setAttribute("aria-expanded", String(!keys.hidden));
}

function go(address) {
  if (address) location.assign(address);
}

button.addEventListener("click", toggleKeys);
document.addEventListener("keydown", (event) => {
  const isWriting = event.target.closest("input, textarea, select");
  if (isWriting || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "?") toggleKeys();
  else if (event.key === "n") go(document.body.dataset.after);
  else if (event.key === "p") go(document.body.dataset.before);
  else if (event.key === "s") document.getElementById("seen")?.requestSubmit();
  else if (places[event.key]) go(places[event.key]);
});

// Points need a reason: the browser asks for it, so that nothing that is typed gets lost.
const UNSENT = "unsent";
for (const form of document.querySelectorAll("form.decide")) {
  const {points, reason} = form.elements;
  if (points && reason) {
    points.addEventListener("input", () => { reason.required = points.value.trim() !== ""; });
  }
  form.addEventListener("submit", () => {
    const typed = [...form.elements].filter((it) => it.name && it.type !== "hidden");
    const values = Object.fromEntries(typed.map((it) => [it.name, it.value]));
    const name = form.getAttribute("aria-label");
    sessionStorage.setItem(UNSENT, JSON.stringify({page: location.pathname, name, values}));
  });
}

// What was refused stands in its form again.
const unsent = JSON.parse(sessionStorage.getItem(UNSENT) || "null");
sessionStorage.removeItem(UNSENT);
if (unsent && unsent.page === location.pathname && document.getElementById("refused")) {
  for (const form of document.querySelectorAll("form.decide")) {
    if (form.getAttribute("aria-label") !== unsent.name) continue;
    for (const [name, value] of Object.entries(unsent.values)) {
      if (form.elements[name]) form.elements[name].value = value;
    }
    for (let fold = form.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  }
}
