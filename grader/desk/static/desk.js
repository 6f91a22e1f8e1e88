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
