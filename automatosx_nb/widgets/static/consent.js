import { h, fragment, uid } from "./dom.js";
import { closeButton, faultBox, progressBar } from "./dialog.js";
import { permissionText } from "./details.js";
import { noteField } from "./history.js";
import { plural, sentence, sized } from "./wording.js";

// The dialog before any change: what will change, what is asked for, and a tick for each permission.

const TITLES = {
  install: (name) => `Install ${name}?`,
  update: (name) => `Update ${name}?`,
  remove: (name) => `Remove ${name}?`,
  rollback: () => "Roll back?",
  undo: () => "Undo the last change?",
  pin: (name) => `Pin ${name}?`,
  unpin: (name) => `Unpin ${name}?`,
  grant: (name) => `Grant ${name} a permission?`,
  revoke: (name) => `Revoke a permission of ${name}?`,
};
const RUNNING = { install: "Installing", update: "Updating", remove: "Removing", rollback: "Rolling back", undo: "Undoing", pin: "Pinning", unpin: "Unpinning", grant: "Granting", revoke: "Revoking" };
const BUTTONS = { install: "install", update: "update", remove: "Remove", rollback: "Roll back", undo: "Undo", pin: "Pin", unpin: "Unpin", grant: "Grant", revoke: "Revoke" };
const SCOPES = {
  profile: "In every kernel, until you revoke it. You can roll this back.",
  session: "In this kernel only, until it ends",
  once: "For its next call only",
};

function changeText(action, { name, kind, old, new: to, drops }) {
  if (action === "grant") return `${name} can use what you grant here from its next call on`;
  if (action === "revoke") return `${name} is no longer granted ${drops.join(", ")}`;
  const words = { add: `Installs ${name} ${to}`, remove: `Removes ${name} ${old}`, update: `Updates ${name} from ${old} to ${to}`, downgrade: `Takes ${name} back from ${old} to ${to}` };
  return old === to ? `Brings back the data and the grants of ${name} ${to}` : words[kind];
}

// What is fetched, and how much more or less that is than the installed version.
function sizes({ size, old_size: before }) {
  if (!size) return "";
  const more = before ? size - before : 0;
  return `${sized(size)} to fetch${more ? `, ${sized(Math.abs(more))} ${more > 0 ? "more" : "less"} than now` : ""}`;
}

// That somebody else may stand behind a plugin is said before all else; that its publisher was verified, with the change.
function doubtBox(changes) {
  const rows = changes.filter((change) => change.doubt).map(({ id, behind }) => h("p", {}, h("strong", {}, id), ` ${behind}.`));
  if (!rows.length) return null;
  return h("div", { class: "ax-box ax-box-error", role: "alert" }, h("p", { class: "ax-strong" }, "Somebody else may stand behind this"), rows, h("p", {}, "Go on only if you know why."));
}

function differs({ requires, behind, doubt, drops, deprecated, warnings }, action) {
  const asks = drops?.length && action !== "revoke" ? [`no longer asks for ${drops.join(", ")}`] : [];
  const old = deprecated ? [`is deprecated: ${deprecated}`] : [];
  return [...warnings, ...old, ...requires, ...(behind && !doubt ? [behind] : []), ...asks].map((text) => h("div", { class: "ax-dim" }, sentence(text)));
}

function changeList(action, { changes, besides }, explained) {
  const rows = changes.map((change) =>
    h(
      "li",
      {},
      changeText(action, change),
      h("span", { class: "ax-dim" }, [explained(change) ? change.why : "", sizes(change)].filter(Boolean).map((text) => ` · ${text}`).join("")),
      differs(change, action),
    ),
  );
  return h("ul", { class: "ax-list ax-changes" }, rows, besides.map((text) => h("li", {}, text)));
}

function news(change) {
  if (!change.changelog || !change.old) return null;
  return h("section", {}, h("h4", {}, `New in ${change.name} since ${change.old}`), h("div", { class: "ax-prose ax-inset" }, fragment(change.changelog)));
}

function reasons({ tree, held_back: heldBack }, nothing) {
  if (!tree && !heldBack.length) return null;
  return h(
    "details",
    { class: "ax-reasons", open: nothing },
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
  const boxes = [];
  const extras = [];
  if (!asking.length && !changes.some((change) => change.optional.length)) return { element: nothingAsked(action, changes), boxes, extras };
  const group = (change) => {
    const title = `${change.name} ${action === "update" && change.kind === "update" ? "newly asks for" : "asks for"} ${plural(change.asks.length, "permission")}: tick ${change.asks.length > 1 ? "each" : "it"} to go on`;
    const rows = change.asks.map((one) => {
      const box = h("input", { type: "checkbox", value: one.permission, onchange: onTick });
      boxes.push(box);
      return h("label", { class: "ax-perm ax-tick" }, box, h("span", { class: "ax-perm-body" }, permissionText(one)));
    });
    return h("fieldset", { class: "ax-group" }, h("legend", {}, title), rows);
  };
  const optional = (change) => {
    const rows = change.optional.map((one) => {
      const box = h("input", { type: "checkbox", value: one.permission, onchange: onTick });
      extras.push(box);
      return h("label", { class: "ax-perm ax-tick" }, box, h("span", { class: "ax-perm-body" }, permissionText(one)));
    });
    return h("fieldset", { class: "ax-group ax-optional" }, h("legend", {}, `${change.name} can do without ${rows.length > 1 ? "these" : "this"}: tick what you want to grant, too`), rows);
  };
  const groups = changes.filter((change) => change.optional.length && change.kind === "add").map(optional);
  return { element: h("div", {}, asking.length ? asking.map(group) : nothingAsked(action, changes), groups), boxes, extras };
}

function byPolicy(changes) {
  const rows = (kind, word) =>
    changes.flatMap((change) => change[kind].map((one) => h("li", { class: "ax-perm" }, permissionText(one), h("span", { class: "ax-dim" }, `${word} by policy: ${one.because}`))));
  const items = [...rows("by_policy", "Allowed"), ...rows("denied", "Denied")];
  return items.length ? h("section", { class: "ax-policy" }, h("h4", {}, "Decided by policy"), h("ul", { class: "ax-list" }, items)) : null;
}

// For how long a grant holds; what a worker is started with cannot be granted for one call.
function scopeChoice(changes, boxes, extras) {
  const name = `ax-scope-${uid()}`;
  const radios = Object.entries(SCOPES).map(([value, text]) => [h("input", { type: "radio", name, value, checked: value === "profile" }), text]);
  const rows = radios.map(([radio, text]) => h("label", { class: "ax-choice" }, radio, text));
  const standing = new Set(changes.flatMap((change) => [...change.asks, ...change.optional]).filter((one) => one.standing).map((one) => one.permission));
  const once = radios.find(([radio]) => radio.value === "once")[0];
  const why = h("p", { class: "ax-dim", id: `${name}-why` });
  once.setAttribute("aria-describedby", why.id);
  const update = () => {
    const whole = [...boxes, ...extras.filter((box) => box.checked)].map((box) => box.value).filter((value) => standing.has(value));
    once.disabled = whole.length > 0;
    why.textContent = whole.length ? `Not for one call: the plugin is started with ${whole.join(", ")}.` : "";
    if (once.disabled && once.checked) radios[0][0].checked = true;
  };
  update();
  return { element: h("fieldset", { class: "ax-group" }, h("legend", {}, "For how long"), rows, why), update, radios: radios.map(([radio]) => radio), chosen: () => radios.find(([radio]) => radio.checked)[0].value };
}

function nothingAsked(action, changes) {
  if (changes.some((change) => change.by_policy.length)) return null;
  const text = {
    install: "It asks for no permission: it can only use what you hand to it, call by call.",
    update: "It asks for nothing that you have not granted already.",
  }[action];
  return text ? h("div", { class: "ax-box ax-box-good" }, text) : null;
}

const EXTRA = {
  remove: "Its magics disappear from this kernel at once. Rolling back brings it back, with its data.",
  revoke: "It takes effect at once, also on what is running: the plugin is told that it lacks this from its next call on.",
  undo: "Everything is as it was before, with its data. Undo it again, and it is done again.",
  pin: "No update moves it until you unpin it. What needs a newer version of it waits, too.",
  unpin: "The next update may move it again.",
  rollback: "The data of these plugins goes back with them. This is a change like any other: you can roll it back, too.",
};

const UNEXPLAINED = new Set(["rollback", "undo", "grant", "revoke"]);

export function showConsent(dialog, { action, subject, preview, note = null, run, stop, again }) {
  const { changes, pip } = preview;
  const nothing = !changes.length && !preview.besides.length;
  const reason = action === "pin" ? noteField("Why (shown wherever an update is held back)") : null;
  const lacking = Boolean(pip);
  const slot = h("div", {}, note ? h("div", { class: "ax-box ax-box-warn", role: "alert" }, note) : null);
  const after = h("div");
  const update = () => {
    go.dataset.blocked = nothing || (!lacking && boxes.some((box) => !box.checked)) ? "1" : "";
    go.disabled = Boolean(go.dataset.blocked);
    scope?.update();
  };
  const { element: asks, boxes, extras } = permissionBoxes(changes, action, () => update());
  const inputs = () => [...boxes, ...extras, ...(scope?.radios ?? []), ...(reason ? [reason.input] : [])];
  const verb = BUTTONS[action];
  const scope = boxes.length || extras.length ? scopeChoice(changes, boxes, extras) : null;
  const text = boxes.length && action !== "grant" ? `Grant and ${verb}` : verb.charAt(0).toUpperCase() + verb.slice(1);
  const start = async () => {
    const bar = progressBar(`${RUNNING[action]} ${subject}`, stop);
    slot.replaceChildren();
    after.replaceChildren(bar.element);
    for (const input of inputs()) input.disabled = true;
    cancel.textContent = "Hide";
    try {
      const grant = [...boxes, ...extras.filter((box) => box.checked)].map((box) => box.value);
      await run({ grant, scope: scope?.chosen() ?? "profile", note: reason?.input.value.trim() ?? "", label: `${RUNNING[action]} ${subject}`, onProgress: (step) => bar.set(step) });
    } catch (fault) {
      slot.replaceChildren(faultBox(fault));
      slot.scrollIntoView({ block: "nearest" });
    } finally {
      after.replaceChildren();
      for (const input of inputs()) input.disabled = false;
      cancel.textContent = "Cancel";
      update();
    }
  };
  const go = h("button", { type: "button", class: "ax-button ax-primary", "data-act": "", onclick: lacking ? again : start }, lacking ? "Check again" : text);
  const cancel = closeButton(dialog, "Cancel");
  update();
  dialog.show({
    heading: TITLES[action](subject),
    sub: ["rollback", "undo"].includes(action) ? sentence(preview.action) : [],
    content: [
      slot,
      doubtBox(changes),
      nothing ? h("p", {}, "There is nothing to change.") : changeList(action, preview, (change) => !UNEXPLAINED.has(action) && change.name !== subject),
      reason?.element,
      reasons(preview, nothing),
      packagesNeeded(pip),
      asks,
      byPolicy(changes),
      scope?.element,
      EXTRA[action] && !nothing ? h("p", { class: "ax-dim" }, EXTRA[action]) : null,
      ...changes.map(news),
      after,
    ].filter(Boolean),
    actions: [cancel, go],
  });
}
