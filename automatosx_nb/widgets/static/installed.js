import { h } from "./dom.js";
import { actButton } from "./cards.js";
import { permissionText } from "./details.js";
import { moment, sentence } from "./wording.js";

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

function pluginRow(plugin, open, { act, details, settings, secrets, show }) {
  const allowed = plugin.grants.length ? plugin.grants.map((grant) => grant.permission).join(", ") : "nothing";
  return h(
    "li",
    { class: "ax-row" },
    h(
      "div",
      { class: "ax-row-text" },
      h("h4", {}, plugin.name, h("span", { class: "ax-dim" }, ` ${plugin.version} · ${plugin.publisher}`)),
      h("p", {}, plugin.summary),
      h(
        "p",
        { class: "ax-dim" },
        plugin.calls.length ? ["Try ", h("code", {}, plugin.calls.join(", ")), " · "] : null,
        `Allowed: ${allowed}`,
        plugin.dependency ? " · came with another plugin" : null,
      ),
    ),
    h(
      "div",
      { class: "ax-row-acts" },
      plugin.update
        ? actButton(`Update to ${plugin.update}`, `Update ${plugin.name} to ${plugin.update}`, `have-update:${plugin.id}`, () => act("update", plugin))
        : null,
      plugin.panels.map((panel) => quietButton(`Open ${panel.title}`, `Open ${panel.title} of ${plugin.name}`, `have-open-${panel.name}:${plugin.id}`, () => show(plugin, panel))),
      plugin.settings ? quietButton("Settings…", `Settings of ${plugin.name}`, `have-settings:${plugin.id}`, () => settings(plugin)) : null,
      plugin.secrets ? quietButton("Secrets…", `Secrets of ${plugin.name}`, `have-secrets:${plugin.id}`, () => secrets(plugin)) : null,
      actButton("Remove", `Remove ${plugin.name}`, `have-remove:${plugin.id}`, () => act("remove", plugin), false),
      quietButton("Details", `Details of ${plugin.name}, installed`, `have-details:${plugin.id}`, () => details(plugin)),
    ),
    permissionsOf(plugin, open, act),
  );
}

function historyList(entries, act) {
  const row = (entry) => {
    const number = String(entry.number);
    return h(
      "li",
      { class: "ax-row" },
      h(
        "div",
        { class: "ax-row-text" },
        h("div", {}, sentence(entry.action || "empty profile"), entry.current ? h("span", { class: "ax-badge ax-good" }, "Current") : null),
        h("div", { class: "ax-dim" }, [`Generation ${number}`, entry.created ? moment(entry.created) : "", entry.by].filter(Boolean).join(" · ")),
      ),
      entry.current
        ? null
        : h("div", { class: "ax-row-acts" }, actButton("Go back to this", `Roll back to generation ${number}`, `back:${number}`, () => act("rollback", { name: `generation ${number}`, to: entry.number }), false)),
    );
  };
  return h("ol", { class: "ax-rows", "aria-label": "History, newest first" }, entries.map(row));
}

export function drawInstalled(root, { plugins, history, can_roll_back: canRollBack }, { act, details, settings, secrets, show, browse }) {
  const open = new Set([...root.querySelectorAll("details[open]")].map((one) => one.dataset.of));
  root.replaceChildren(
    plugins.length
      ? h("ul", { class: "ax-rows", "aria-label": "Installed plugins" }, plugins.map((plugin) => pluginRow(plugin, open, { act, details, settings, secrets, show })))
      : h("div", { class: "ax-empty" }, h("p", {}, "Nothing is installed yet."), h("button", { type: "button", class: "ax-button", onclick: browse }, "Browse plugins")),
    ...(history.length
      ? [
          h(
            "div",
            { class: "ax-section" },
            h("h4", {}, "History"),
            canRollBack ? actButton("Roll back the last change…", "Roll back the last change", "back:last", () => act("rollback", { name: "the last change" }), false) : null,
          ),
          historyList(history, act),
        ]
      : []),
  );
}
