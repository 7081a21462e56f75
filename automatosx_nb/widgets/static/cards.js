import { h } from "./dom.js";
import { label, plural } from "./wording.js";

export function verifiedBadge() {
  return h("span", { class: "ax-badge ax-good" }, h("span", { "aria-hidden": "true" }, "✓ "), "Verified");
}

// A button for an action on a plugin; `data-act` lets the panel disable all of them while something changes.
export function actButton(text, name, key, onclick, primary = true) {
  const kind = primary ? "ax-button ax-primary" : "ax-button";
  return h("button", { type: "button", class: kind, "data-act": "", "data-key": key, "aria-label": name, onclick }, text);
}

export function cardOf(item, { unique, act, details }) {
  const name = unique ? item.name : item.id;
  return h(
    "li",
    { class: "ax-card" },
    h("div", { class: "ax-card-head" }, h("h4", {}, item.name), item.verified ? verifiedBadge() : null),
    h("div", { class: "ax-dim" }, `${item.publisher} · ${item.version}`),
    h("p", { class: "ax-card-text" }, item.summary),
    h(
      "div",
      { class: "ax-meta ax-dim" },
      item.categories.map((category) => h("span", { class: "ax-chip" }, label(category))),
      item.downloads ? h("span", {}, plural(item.downloads, "download")) : null,
    ),
    h(
      "div",
      { class: "ax-card-foot" },
      mainAction(item, name, act),
      h(
        "button",
        { type: "button", class: "ax-button ax-quiet", "data-key": `details:${item.id}`, "aria-label": `Details of ${name}`, onclick: () => details(item) },
        "Details",
      ),
    ),
  );
}

function mainAction(item, name, act) {
  if (!item.installed) return actButton("Install", `Install ${name}`, `do:${item.id}`, () => act("install", item));
  const have = h("span", { class: "ax-have" }, h("span", { "aria-hidden": "true" }, "✓ "), `Installed ${item.installed}`);
  if (!item.update) return have;
  const text = `Update to ${item.version}`;
  return [actButton(text, `Update ${name} to ${item.version}`, `do:${item.id}`, () => act("update", item)), have];
}
