import { h, fragment } from "./dom.js";
import { closeButton, tabs } from "./dialog.js";
import { actButton, verifiedBadge } from "./cards.js";
import { day, label, plural, sentence, sized } from "./wording.js";

const RISK_WORDS = { low: "Low risk", medium: "Medium risk", high: "High risk", unknown: "Unknown risk" };

export function riskBadge(risk) {
  return h("span", { class: `ax-badge ax-risk ax-risk-${risk}` }, RISK_WORDS[risk] ?? risk);
}

export function permissionText({ permission, sentence: allows, risk, reason }) {
  return [
    h("span", { class: "ax-perm-head" }, h("strong", {}, allows), riskBadge(risk)),
    reason ? h("span", { class: "ax-perm-why" }, "Why: ", reason) : null,
    h("code", { class: "ax-dim" }, permission),
  ];
}

function permissionList(permissions) {
  return h("ul", { class: "ax-list" }, permissions.map((one) => h("li", { class: "ax-perm" }, permissionText(one))));
}

function permissionsPanel(found) {
  const optional = found.optional_permissions ?? [];
  const asked = found.permissions ?? [];
  return h(
    "div",
    {},
    asked.length
      ? permissionList(asked)
      : h("p", {}, "It asks for no permission: it can only use what you hand to it, call by call."),
    optional.length ? [h("h4", {}, "Only if you use the part that needs it"), permissionList(optional)] : null,
  );
}

function versionsPanel(found, act) {
  const choose = ({ version }) => () => act("install", { ...found, wish: version });
  const row = (release) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, release.version),
      h("td", {}, release.yanked ? `withdrawn: ${release.yanked}` : sentence(release.stage)),
      h("td", {}, day(release.published)),
      h("td", {}, sized(release.size)),
      h(
        "td",
        { class: "ax-table-act" },
        found.installed === release.version
          ? h("span", { class: "ax-have" }, "✓ Installed")
          : actButton("Install…", `Install ${found.name} ${release.version}`, `version:${release.version}`, choose(release), false),
      ),
    );
  const head = ["Version", "Stage", "Published", "Size"].map((text) => h("th", { scope: "col" }, text));
  head.push(h("td"));
  return h("div", {}, h("table", { class: "ax-table" }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, found.releases.map(row))));
}

function prose(html, otherwise) {
  return h("div", { class: "ax-prose" }, html ? fragment(html) : h("p", { class: "ax-dim" }, otherwise));
}

const KINDS = { magics: (name) => `%${name}`, subscriptions: (name) => `listens to ${name}` };

function contributed(contributions = {}) {
  return Object.entries(contributions).flatMap(([kind, names]) => names.map(KINDS[kind] ?? ((name) => `${name} (${kind})`)));
}

function facts(found) {
  const needs = [
    ...(found.python ? [`Python ${found.python}`] : []),
    ...(found.packages ?? []),
    ...Object.entries(found.dependencies ?? {}).map(([id, range]) => `${id} ${range}`),
  ];
  const entries = [
    ["Adds", contributed(found.contributions).join(", ")],
    ["Licence", found.license],
    ["Size", found.size == null ? "" : sized(found.size)],
    ["Categories", found.categories.map(label).join(", ")],
    ["Updated", day(found.updated)],
    ["Downloads", found.downloads ? found.downloads.toLocaleString("en") : ""],
    ["Needs", needs.join(", ")],
    ["Authors", found.authors.join(", ")],
  ].filter(([, value]) => value);
  return h("dl", { class: "ax-facts" }, entries.map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, value))));
}

export function showDetails(dialog, found, { act }) {
  const asked = (found.permissions ?? []).length;
  const entries = [
    { label: "Readme", panel: prose(found.readme, "Its publisher wrote no readme.") },
    { label: `Permissions (${asked})`, panel: permissionsPanel(found) },
    { label: "Changelog", panel: prose(found.changelog, "Its publisher wrote no changelog.") },
    { label: "Versions", panel: versionsPanel(found, act) },
  ];
  const strip = tabs(`About ${found.name}`, entries);
  const action = !found.installed ? ["install", "Install"] : found.update ? ["update", `Update to ${found.version}`] : null;
  dialog.show({
    heading: found.name,
    sub: [
      h("span", {}, `${found.publisher} · ${found.version}`),
      found.verified ? verifiedBadge() : null,
      found.installed ? h("span", { class: "ax-have" }, `✓ Installed ${found.installed}`) : null,
    ].filter(Boolean),
    content: [h("p", { class: "ax-lead" }, found.summary), facts(found), strip.element, ...entries.map((entry) => entry.panel)],
    actions: [
      closeButton(dialog),
      action ? actButton(`${action[1]}…`, `${action[1]} ${found.name}`, `dialog:${action[0]}`, () => act(action[0], found)) : null,
    ].filter(Boolean),
  });
}
