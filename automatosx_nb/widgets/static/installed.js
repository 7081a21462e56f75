import { h } from "./dom.js";
import { actButton } from "./cards.js";
import { moment, sentence } from "./wording.js";

function pluginRow(plugin, { act, details }) {
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
      actButton("Remove", `Remove ${plugin.name}`, `have-remove:${plugin.id}`, () => act("remove", plugin), false),
      h("button", { type: "button", class: "ax-button ax-quiet", "data-key": `have-details:${plugin.id}`, "aria-label": `Details of ${plugin.name}, installed`, onclick: () => details(plugin) }, "Details"),
    ),
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

export function drawInstalled(root, { plugins, history, can_roll_back: canRollBack }, { act, details, browse }) {
  root.replaceChildren(
    plugins.length
      ? h("ul", { class: "ax-rows", "aria-label": "Installed plugins" }, plugins.map((plugin) => pluginRow(plugin, { act, details })))
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
