import { h } from "./dom.js";
import { actButton } from "./cards.js";
import { permissionText } from "./details.js";
import { historySection } from "./history.js";
import { plural, sentence } from "./wording.js";

const STATES = {
  profile: "Granted",
  session: "Granted for this session",
  once: "Granted for the next call",
  policy: "Not granted; policy allows it",
  open: "Not granted",
  denied: "Denied by policy",
};

function heldRow(plugin, one, act) {
  const holds = ["profile", "session", "once"].includes(one.state);
  const verb = holds ? "Revoke" : "Grant";
  const chosen = { ...plugin, chosen: [one.permission] };
  const key = `${verb}-${one.permission.replaceAll(":", "_")}:${plugin.id}`;
  return h(
    "li",
    { class: "ax-perm" },
    permissionText(one),
    h(
      "div",
      { class: "ax-perm-foot" },
      h("span", { class: `ax-state ax-state-${one.state}` }, [STATES[one.state], one.optional ? "optional" : "", one.because ? `policy: ${one.because}` : ""].filter(Boolean).join(" · ")),
      one.state === "denied"
        ? null
        : actButton(holds ? "Revoke…" : "Grant…", `${verb} ${one.permission} ${holds ? "of" : "to"} ${plugin.name}`, key, () => act(holds ? "revoke" : "grant", chosen), false),
    ),
  );
}

function permissionsOf(plugin, open, act) {
  if (!plugin.permissions.length) return null;
  const held = plugin.permissions.filter((one) => ["profile", "session", "once"].includes(one.state)).length;
  return h(
    "details",
    { class: "ax-held", "data-of": plugin.id, open: open.has(plugin.id) },
    h("summary", {}, `Permissions of ${plugin.name}: ${held} of ${plugin.permissions.length} granted`),
    h("ul", { class: "ax-list" }, plugin.permissions.map((one) => heldRow(plugin, one, act))),
  );
}

function quietButton(text, name, key, onclick) {
  return h("button", { type: "button", class: "ax-button ax-quiet", "data-key": key, "aria-label": name, onclick }, text);
}

const FLAGS = { yanked: "Yanked", deprecated: "Deprecated", quarantined: "Quarantined", advisory: "Advisory", signature: "Signature" };

function flagLine({ kind, text, disables }) {
  return h("p", {}, h("span", { class: `ax-badge ax-flag ${disables ? "ax-risk-high" : "ax-risk-medium"}` }, FLAGS[kind] ?? sentence(kind)), text);
}

// Why the newer versions that there are do not come with an update.
function heldBackLines({ name }, held) {
  if (!held.length) return null;
  return h("ul", { class: "ax-list ax-dim", "aria-label": `Newer versions of ${name} that are held back` }, held.map((text) => h("li", {}, `Held back: ${text}`)));
}

// The version that an update brings: what the kernel worked out, where it was asked, before the newest that runs here.
function updateOf(plugin, outdated) {
  return outdated?.update ?? (outdated?.held_back.length ? null : plugin.update);
}

function pluginRow(plugin, open, outdated, { act, details, settings, secrets, show }) {
  const update = updateOf(plugin, outdated);
  const allowed = plugin.grants.length ? plugin.grants.map((grant) => grant.permission).join(", ") : "nothing";
  return h(
    "li",
    { class: "ax-row" },
    h(
      "div",
      { class: "ax-row-text" },
      h(
        "h4",
        {},
        plugin.name,
        h("span", { class: "ax-dim" }, ` ${plugin.version} · ${plugin.publisher}`),
        plugin.pin ? h("span", { class: "ax-badge ax-dim" }, "Pinned") : null,
        plugin.channel === "beta" ? h("span", { class: "ax-badge ax-dim" }, "Beta channel") : null,
      ),
      plugin.flags.map(flagLine),
      h("p", {}, plugin.summary),
      h(
        "p",
        { class: "ax-dim" },
        plugin.calls.length ? ["Try ", h("code", {}, plugin.calls.join(", ")), " · "] : null,
        `Allowed: ${allowed}`,
        plugin.dependency ? " · came with another plugin" : null,
      ),
      plugin.pin ? h("p", { class: "ax-dim" }, sentence(plugin.pin)) : null,
      heldBackLines(plugin, outdated?.held_back ?? []),
    ),
    h(
      "div",
      { class: "ax-row-acts" },
      update
        ? actButton(`Update to ${update}`, `Update ${plugin.name} to ${update}`, `have-update:${plugin.id}`, () => act("update", plugin))
        : null,
      plugin.panels.map((panel) => quietButton(`Open ${panel.title}`, `Open ${panel.title} of ${plugin.name}`, `have-open-${panel.name}:${plugin.id}`, () => show(plugin, panel))),
      plugin.settings ? quietButton("Settings…", `Settings of ${plugin.name}`, `have-settings:${plugin.id}`, () => settings(plugin)) : null,
      plugin.secrets ? quietButton("Secrets…", `Secrets of ${plugin.name}`, `have-secrets:${plugin.id}`, () => secrets(plugin)) : null,
      plugin.pin
        ? actButton("Unpin…", `Unpin ${plugin.name}`, `pin:${plugin.id}`, () => act("unpin", plugin), false)
        : actButton("Pin…", `Pin ${plugin.name} at ${plugin.version}`, `pin:${plugin.id}`, () => act("pin", plugin), false),
      actButton("Remove…", `Remove ${plugin.name}`, `have-remove:${plugin.id}`, () => act("remove", plugin), false),
      quietButton("Details", `Details of ${plugin.name}, installed`, `have-details:${plugin.id}`, () => details(plugin)),
    ),
    permissionsOf(plugin, open, act),
  );
}

// Several updates as one change; nothing where nobody could ask yet.
function updatesBar(outdated, act) {
  const count = Object.values(outdated).filter((one) => one.update).length;
  if (count < 2) return null;
  const all = () => act("update", { name: "all plugins" });
  return h("div", { class: "ax-section" }, h("span", { role: "status" }, `${plural(count, "update")} that go together`), actButton("Update all…", "Update all plugins", "update:all", all));
}

// `outdated`: what an update of everything would bring, by plugin.
export function drawInstalled(root, have, outdated, acts) {
  const open = new Set([...root.querySelectorAll("details[open]")].map((one) => one.dataset.of));
  const { plugins } = have;
  const rows = plugins.map((plugin) => pluginRow(plugin, open, outdated[plugin.id], acts));
  const nothing = h("div", { class: "ax-empty" }, h("p", {}, "Nothing is installed yet."), h("button", { type: "button", class: "ax-button", onclick: acts.browse }, "Browse plugins"));
  root.replaceChildren(
    ...[updatesBar(outdated, acts.act), rows.length ? h("ul", { class: "ax-rows", "aria-label": "Installed plugins" }, rows) : nothing].filter(Boolean),
    ...historySection(have, open, acts),
  );
}
