import { h, fragment } from "./dom.js";
import { closeButton, faultBox, progressBar } from "./dialog.js";
import { permissionText } from "./details.js";
import { plural, sentence, sized } from "./wording.js";

// The dialog before any change: what will change, what is asked for, and a tick for each permission.

const TITLES = {
  install: (name) => `Install ${name}?`,
  update: (name) => `Update ${name}?`,
  remove: (name) => `Remove ${name}?`,
  rollback: () => "Roll back?",
};
const RUNNING = { install: "Installing", update: "Updating", remove: "Removing", rollback: "Rolling back" };
const BUTTONS = { install: "install", update: "update", remove: "Remove", rollback: "Roll back" };

function changeText({ name, kind, old, new: to }) {
  const words = { add: `Installs ${name} ${to}`, remove: `Removes ${name} ${old}`, update: `Updates ${name} from ${old} to ${to}`, downgrade: `Takes ${name} back from ${old} to ${to}` };
  return old === to ? `Brings back the data and the grants of ${name} ${to}` : words[kind];
}

function changeList(changes, explained) {
  const rows = changes.map((change) =>
    h(
      "li",
      {},
      changeText(change),
      h("span", { class: "ax-dim" }, [explained(change) ? change.why : "", change.size ? `${sized(change.size)} to fetch` : ""].filter(Boolean).map((text) => ` · ${text}`).join("")),
      change.drops?.length ? h("div", { class: "ax-dim" }, `No longer asks for ${change.drops.join(", ")}`) : null,
    ),
  );
  return h("ul", { class: "ax-list ax-changes" }, rows);
}

function news(change) {
  if (!change.changelog) return null;
  return h("section", {}, h("h4", {}, `New in ${change.name} since ${change.old}`), h("div", { class: "ax-prose ax-inset" }, fragment(change.changelog)));
}

function reasons({ tree, held_back: heldBack }) {
  if (!tree && !heldBack.length) return null;
  return h(
    "details",
    { class: "ax-reasons" },
    h("summary", {}, "Why these versions"),
    tree ? h("pre", { tabindex: "0", "aria-label": "What it requires" }, tree) : null,
    heldBack.length ? h("p", { class: "ax-strong" }, "Newer versions that are held back") : null,
    heldBack.length ? h("ul", { class: "ax-list" }, heldBack.map((text) => h("li", {}, text))) : null,
  );
}

function packagesNeeded(pip) {
  if (!pip) return null;
  return h(
    "div",
    { class: "ax-box ax-box-warn" },
    h("p", { class: "ax-strong" }, "This environment lacks packages that it needs"),
    h("p", {}, "Nothing is installed into your environment behind your back. Run this in a cell, then check again:"),
    h("pre", { tabindex: "0" }, pip),
  );
}

function permissionBoxes(changes, action, onTick) {
  const asking = changes.filter((change) => change.asks.length);
  if (!asking.length) return { element: nothingAsked(action), boxes: [] };
  const boxes = [];
  const group = (change) => {
    const title = `${change.name} ${action === "update" && change.kind === "update" ? "newly asks for" : "asks for"} ${plural(change.asks.length, "permission")}`;
    const rows = change.asks.map((one) => {
      const box = h("input", { type: "checkbox", value: one.permission, onchange: onTick });
      boxes.push(box);
      return h("label", { class: "ax-perm ax-tick" }, box, h("span", { class: "ax-perm-body" }, permissionText(one)));
    });
    return h("fieldset", { class: "ax-group" }, h("legend", {}, title), rows);
  };
  return { element: h("div", {}, asking.map(group)), boxes };
}

function nothingAsked(action) {
  const text = {
    install: "It asks for no permission: it can only use what you hand to it, call by call.",
    update: "It asks for nothing that you have not granted already.",
  }[action];
  return text ? h("div", { class: "ax-box ax-box-good" }, text) : null;
}

const EXTRA = {
  remove: "Its magics disappear from this kernel at once. Rolling back brings it back, with its data.",
  rollback: "The data of these plugins goes back with them. This is a change like any other: you can roll it back, too.",
};

export function showConsent(dialog, { action, subject, preview, note = null, run, again }) {
  const { changes, pip } = preview;
  const nothing = changes.length === 0;
  const lacking = Boolean(pip);
  const slot = h("div", {}, note ? h("div", { class: "ax-box ax-box-warn", role: "alert" }, note) : null);
  const after = h("div");
  const update = () => {
    go.dataset.blocked = nothing || (!lacking && boxes.some((box) => !box.checked)) ? "1" : "";
    go.disabled = Boolean(go.dataset.blocked);
  };
  const { element: asks, boxes } = permissionBoxes(changes, action, () => update());
  const verb = BUTTONS[action];
  const text = boxes.length ? `Grant and ${verb}` : verb.charAt(0).toUpperCase() + verb.slice(1);
  const start = async () => {
    const bar = progressBar(`${RUNNING[action]} ${subject}`);
    slot.replaceChildren();
    after.replaceChildren(bar.element);
    for (const box of boxes) box.disabled = true;
    cancel.textContent = "Hide";
    try {
      await run({ grant: boxes.map((box) => box.value), label: `${RUNNING[action]} ${subject}`, onProgress: (step) => bar.set(step) });
    } catch (fault) {
      slot.replaceChildren(faultBox(fault));
      slot.scrollIntoView({ block: "nearest" });
    } finally {
      after.replaceChildren();
      for (const box of boxes) box.disabled = false;
      cancel.textContent = "Cancel";
      update();
    }
  };
  const go = h("button", { type: "button", class: "ax-button ax-primary", "data-act": "", onclick: lacking ? again : start }, lacking ? "Check again" : text);
  const cancel = closeButton(dialog, "Cancel");
  update();
  dialog.show({
    heading: TITLES[action](subject),
    sub: action === "rollback" ? sentence(preview.action) : [],
    content: [
      slot,
      nothing ? h("p", {}, "There is nothing to change.") : changeList(changes, (change) => action !== "rollback" && change.name !== subject),
      reasons(preview),
      packagesNeeded(pip),
      asks,
      EXTRA[action] && !nothing ? h("p", { class: "ax-dim" }, EXTRA[action]) : null,
      ...(action === "update" ? changes.map(news) : []),
      after,
    ].filter(Boolean),
    actions: [cancel, go],
  });
}
