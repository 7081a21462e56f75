import { h, fragment } from "./dom.js";
import { closeButton, tabs } from "./dialog.js";
import { actButton, deprecatedText, offered, unfitText, verifiedBadge, wished } from "./cards.js";
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
      { class: release.unfit.length ? "ax-unfit" : "" },
      h("th", { scope: "row" }, release.version),
      h("td", {}, release.yanked ? `yanked: ${release.yanked}` : `${sentence(release.stage)}${release.deprecated ? `, deprecated: ${release.deprecated}` : ""}`),
      h("td", {}, day(release.published)),
      h("td", {}, sized(release.size)),
      h(
        "td",
        { class: "ax-table-act" },
        found.installed === release.version
          ? h("span", { class: "ax-have" }, "✓ Installed")
          : release.unfit.length
          ? h("span", { class: "ax-unfit-why" }, `It ${release.unfit[0].reason}.`)
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

const KINDS = {
  magics: (name) => `%${name}`,
  commands: (name) => `the command ${name}`,
  panels: (name) => `the panel ${name}`,
  formatters: (name) => `a view of ${name}`,
  subscriptions: (name) => `listens to ${name}`,
  services: (name) => `the service ${name}`,
  events: (name) => `tells ${name}`,
  settings: (name) => `the setting ${name}`,
};

function contributed(contributions = {}) {
  return Object.entries(contributions).flatMap(([kind, names]) => names.map(KINDS[kind] ?? ((name) => `${name} (${kind})`)));
}

function facts(found) {
  const needs = [
    ...(found.python ? [`Python ${found.python}`] : []),
    ...(found.packages ?? []),
    ...(found.platforms?.length ? [found.platforms.join(" or ")] : []),
    ...Object.entries(found.dependencies ?? {}).map(([id, range]) => `${id} ${range}`),
  ];
  const entries = [
    ["Adds", contributed(found.contributions).join(", ")],
    ["Declares, without effect yet", contributed(found.unserved).join(", ")],
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

function unfitBox(found) {
  const [first, ...others] = found.unfit;
  if (!first) return null;
  const more = others.map(({ reason, remedy }) => h("p", { class: "ax-unfit-why" }, `It also ${reason}. ${remedy}`));
  const older = found.offer ? h("p", {}, `Version ${found.offer} fits here.`) : h("p", {}, "No other version fits here either.");
  return h("div", { class: "ax-box ax-box-warn" }, unfitText(found, found.version), more, older);
}

// The pictures of one release: each a button that shows it in full, or again beside the others.
function gallery(shots) {
  const list = h("ul", { class: "ax-shots", "aria-label": "Screenshots" });
  list.replaceChildren(
    ...shots.map(({ alt, width, height, address }) => {
      const button = h("button", { type: "button", class: "ax-shot", "aria-expanded": "false", onclick: () => turn() });
      const turn = () => {
        const big = list.querySelector('[aria-expanded="true"]');
        if (big && big !== button) big.setAttribute("aria-expanded", "false");
        button.setAttribute("aria-expanded", String(big !== button));
        button.scrollIntoView({ block: "nearest" });
      };
      button.append(h("img", { src: address, alt, width, height, decoding: "async" }));
      return h("li", {}, button);
    }),
  );
  return list;
}

function showScreenshots(place, asked) {
  asked.then(
    ({ screenshots: shots }) => shots.length && place.append(gallery(shots)),
    (fault) => place.append(h("p", { class: "ax-dim" }, `Its screenshots cannot be shown: ${sentence(fault.problem ?? String(fault))}`)),
  );
  return place;
}

export function showDetails(dialog, found, { act, ask }) {
  const shots = showScreenshots(h("div"), ask({ do: "screenshots", id: found.id, version: found.version }));
  const asked = (found.permissions ?? []).length;
  const entries = [
    { label: "Readme", panel: prose(found.readme, "Its publisher wrote no readme.") },
    { label: `Permissions (${asked})`, panel: permissionsPanel(found) },
    { label: "Changelog", panel: prose(found.changelog, "Its publisher wrote no changelog.") },
    { label: "Versions", panel: versionsPanel(found, act) },
  ];
  const strip = tabs(`About ${found.name}`, entries);
  const action = offered(found);
  dialog.show({
    heading: found.name,
    sub: [
      h("span", {}, `${found.publisher} · ${found.version}`),
      found.verified ? verifiedBadge() : null,
      found.installed ? h("span", { class: "ax-have" }, `✓ Installed ${found.installed}`) : null,
    ].filter(Boolean),
    content: [h("p", { class: "ax-lead" }, found.summary), deprecatedText(found), unfitBox(found), facts(found), shots, strip.element, ...entries.map((entry) => entry.panel)],
    actions: [
      closeButton(dialog),
      action ? actButton(`${action[1]}…`, `${action[1]} ${found.name}`, `dialog:${action[0]}`, () => act(action[0], wished(found))) : null,
    ].filter(Boolean),
  });
}
