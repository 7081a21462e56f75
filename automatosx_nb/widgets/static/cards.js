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

export function deprecatedText({ deprecated }) {
  return deprecated ? h("p", { class: "ax-dim" }, h("span", { class: "ax-badge ax-risk-medium" }, "Deprecated"), ` ${deprecated}`) : null;
}

export function cardOf(item, { unique, act, details }) {
  const name = unique ? item.name : item.id;
  return h(
    "li",
    { class: item.unfit.length ? "ax-card ax-unfit" : "ax-card" },
    h("div", { class: "ax-card-head" }, h("h4", {}, item.name), item.verified ? verifiedBadge() : null),
    h("div", { class: "ax-dim" }, `${item.publisher} · ${item.version}`),
    h("p", { class: "ax-card-text" }, item.summary),
    deprecatedText(item),
    unfitText(item, item.version),
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

// Why a release does not run here, and what would help.
export function unfitText({ unfit }, version) {
  if (!unfit.length) return null;
  const { reason, remedy } = unfit[0];
  return h("p", { class: "ax-unfit-why" }, h("strong", {}, `${version} does not fit here: `), `it ${reason}. ${remedy}`);
}

// What can be done with a plugin here: the newest version that fits is offered, if there is one.
export function offered(item) {
  if (item.installed) return item.update ? ["update", `Update to ${item.offer}`] : null;
  if (!item.offer) return null;
  return ["install", item.unfit.length ? `Install ${item.offer}` : "Install"];
}

export function wished(item) {
  return item.unfit.length && !item.installed ? { ...item, wish: item.offer } : item;
}

function mainAction(item, name, act) {
  const have = h("span", { class: "ax-have" }, h("span", { "aria-hidden": "true" }, "✓ "), `Installed ${item.installed}`);
  const offer = offered(item);
  if (!offer) return item.installed ? have : null;
  const [action, text] = offer;
  const label = action === "update" ? `Update ${name} to ${item.offer}` : `${text.replace("Install", `Install ${name}`)}`;
  const button = actButton(text, label, `do:${item.id}`, () => act(action, wished(item)));
  return item.installed ? [button, have] : button;
}
