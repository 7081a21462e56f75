import { h, keepKeys, keepingFocus, nearKey, uid } from "./dom.js";
import { connect, watchWhileSeen } from "./link.js";
import { label, plural } from "./wording.js";
import { closeButton, createDialog, faultBox, progressBar, tabs } from "./dialog.js";
import { cardOf } from "./cards.js";
import { showDetails } from "./details.js";
import { showConsent } from "./consent.js";
import { showKeep } from "./history.js";
import { drawInstalled } from "./installed.js";
import { showSecrets, showSettings } from "./options.js";

const TYPING_MS = 150;
const SORTS = { relevance: "Best match", downloads: "Most downloads", updated: "Newest", name: "Name" };
const LIVENESS = {
  gone: ["Disconnected: run the cell again.", "The kernel that this panel belonged to is gone. What is installed stays installed."],
  busy: ["The kernel is busy.", "The panel goes on as soon as the running cell has ended."],
  silent: ["No answer from the kernel.", "It is busy, or gone. If this stays, run the cell again."],
};

function render({ model, el }) {
  const first = model.get("first");
  let items = first.page.items;
  let next = first.page.next;
  let have = first.installed;
  let outdated = {};
  let latest = 0;
  let typing = null;
  let busy = null;
  let gone = false;

  // --- what stands on the page
  const id = uid();
  const search = h("input", { type: "search", placeholder: "Search plugins", "aria-label": "Search plugins", autocomplete: "off", spellcheck: "false" });
  const category = h("select", { "aria-label": "Category" });
  const sort = h("select", { "aria-label": "Sort by" }, Object.entries(SORTS).map(([value, text]) => h("option", { value }, text)));
  const count = h("div", { class: "ax-count ax-dim", role: "status" });
  const grid = h("ul", { class: "ax-grid", "aria-label": "Plugins" });
  const empty = h("div", { class: "ax-empty", hidden: true });
  const more = h("button", { type: "button", class: "ax-button ax-more" }, "Show more");
  const problem = h("div");
  const browsePanel = h("div", {}, h("div", { class: "ax-bar", role: "search" }, search, category, sort), count, problem, grid, empty, more);
  const installedPanel = h("div");
  const installedCount = h("span", { class: "ax-pill" });
  const alert = h("div", { class: "ax-box ax-box-warn ax-alert", role: "alert", hidden: true });
  const note = h("div", { class: "ax-notes", role: "status" });
  const strip = h("div", { class: "ax-strip" });
  const views = tabs("Marketplace", [
    { label: "Browse", panel: browsePanel },
    { label: h("span", {}, "Installed ", installedCount), panel: installedPanel, onSelect: lookForUpdates },
  ]);
  const dialog = createDialog({ onClose: giveFocusBack });
  const title = h("h3", { class: "ax-title", tabindex: "-1", id: `ax-${id}` }, "Plugin marketplace");
  const root = h("section", { class: "ax", "aria-labelledby": `ax-${id}` }, h("div", { class: "ax-top" }, title, views.element), alert, strip, note, browsePanel, installedPanel, dialog.element);

  const link = connect(model, { onChanged, onLiveness });

  // --- drawing
  function drawCards() {
    const names = items.map((item) => item.name);
    const unique = (item) => names.indexOf(item.name) === names.lastIndexOf(item.name);
    keepingFocus(root, () => grid.replaceChildren(...items.map((item) => cardOf(item, { unique: unique(item), act, details }))), search);
    more.hidden = !next;
    lock();
  }
  function drawCount(total) {
    const text = search.value.trim();
    count.textContent = plural(total, "plugin") + (text ? ` for “${text}”` : "") + (category.value ? ` in ${label(category.value)}` : "");
    empty.hidden = total > 0;
    if (total > 0) return empty.replaceChildren();
    empty.replaceChildren(
      h("p", {}, text ? `No plugin matches “${text}”.` : "No plugin is here."),
      text || category.value ? h("button", { type: "button", class: "ax-button", onclick: clear }, "Show all plugins") : "",
    );
  }
  function drawCategories(categories) {
    const chosen = category.value;
    const names = Object.keys(categories).sort();
    if (chosen && !names.includes(chosen)) names.push(chosen);
    category.replaceChildren(h("option", { value: "" }, "All categories"), ...names.map((name) => h("option", { value: name }, label(name))));
    category.value = chosen;
  }
  function drawHave() {
    installedCount.textContent = String(have.plugins.length);
    keepingFocus(root, () => drawInstalled(installedPanel, have, outdated, acts), title);
    const versions = new Map(have.plugins.map((plugin) => [plugin.id, plugin]));
    items = items.map((item) => {
      const mine = versions.get(item.id);
      return { ...item, installed: mine?.version ?? null, update: Boolean(mine?.update) };
    });
    drawCards();
  }
  function lock() {
    root.classList.toggle("ax-gone", gone);
    for (const button of root.querySelectorAll("[data-act]")) button.disabled = Boolean(busy) || gone || Boolean(button.dataset.blocked);
    for (const control of [search, category, sort, more]) control.disabled = gone;
    for (const button of root.querySelectorAll('[data-key^="details:"], .ax-quiet[data-key^="have-"]')) button.disabled = gone;
  }
  function say(text, element = null) {
    const dismiss = h("button", { type: "button", class: "ax-button ax-quiet ax-dismiss", "aria-label": "Dismiss this message", onclick: () => note.replaceChildren() }, "✕");
    note.replaceChildren(h("div", { class: element ? "" : "ax-box ax-box-good ax-said" }, element ?? h("span", {}, text), dismiss));
  }

  // --- searching: only the answer to the newest question is drawn
  async function find() {
    const mine = ++latest;
    problem.replaceChildren();
    try {
      const { page } = await link.ask(query());
      if (mine !== latest) return;
      items = page.items;
      next = page.next;
      if (!search.value.trim() && !category.value) drawCategories(page.categories);
      drawCards();
      drawCount(page.total);
    } catch (fault) {
      if (mine === latest && !gone) notFound(fault);
    }
  }
  function notFound(fault) {
    problem.replaceChildren(faultBox(fault), h("button", { type: "button", class: "ax-button", onclick: find }, "Try again"));
  }
  async function findMore() {
    const mine = latest;
    const { page } = await link.ask({ ...query(), cursor: next });
    if (mine !== latest) return;
    items = [...items, ...page.items];
    next = page.next;
    drawCards();
  }
  const query = () => ({ do: "search", text: search.value.trim().slice(0, 200), category: category.value || null, sort: sort.value });
  function clear() {
    search.value = "";
    category.value = "";
    search.focus();
    find();
  }

  // --- dialogs
  async function details(item) {
    dialog.show({ heading: item.name, content: h("p", { class: "ax-dim" }, "Loading…"), actions: closeButton(dialog) });
    try {
      const { details: found } = await link.ask({ do: "details", id: item.id });
      if (dialog.open) showDetails(dialog, found, { act, ask: link.ask });
      lock();
    } catch (fault) {
      dialog.show({ heading: item.name, content: faultBox(fault), actions: closeButton(dialog) });
    }
  }
  const keep = (entry) =>
    showKeep(dialog, entry, async (note) => {
      have = (await link.ask({ do: "keep_generation", number: entry.number, note })).installed;
      drawHave();
    });
  async function letGo({ number }) {
    try {
      have = (await link.ask({ do: "let_go", number })).installed;
      drawHave();
    } catch (fault) {
      say("", faultBox(fault));
    }
  }
  const settings = (plugin) => showSettings(dialog, plugin, link.ask);
  const secrets = (plugin) => showSecrets(dialog, plugin, link.ask);
  async function show(plugin, { name, title: heading }) {
    strip.replaceChildren(h("div", { class: "ax-dim", role: "status" }, `Opening ${heading} of ${plugin.name}…`));
    try {
      await link.ask({ do: "open", id: plugin.id, name }, { patience: Infinity });
      say(`${heading} of ${plugin.name} is open below this panel.`);
    } catch (fault) {
      say("", faultBox(fault));
    } finally {
      strip.replaceChildren();
    }
  }
  async function act(action, item) {
    const target = { action, id: item.id ?? "", wish: item.wish ?? "", to: item.to ?? null, permissions: item.chosen ?? [] };
    dialog.show({ heading: item.name, content: h("p", { class: "ax-dim" }, "Looking what would change…"), actions: closeButton(dialog, "Cancel") });
    try {
      const { preview } = await link.ask({ do: "preview", ...target });
      if (dialog.open) consent(target, item.name, preview);
    } catch (fault) {
      dialog.show({ heading: item.name, content: faultBox(fault), actions: closeButton(dialog) });
    }
  }
  function consent(target, subject, preview, note = null) {
    const run = (options) => carryOut(target, subject, preview, options);
    showConsent(dialog, { action: target.action, subject, preview, note, run, stop, again: () => act(target.action, { ...target, chosen: target.permissions, name: subject }) });
    lock();
  }
  const stop = () => link.ask({ do: "stop" }).catch(() => {}); // its end is told by the change's own answer
  async function carryOut(target, subject, preview, { grant, scope, note: reason, label: name, onProgress }) {
    const bar = progressBar(name, stop);
    busy = name;
    strip.replaceChildren(h("div", { class: "ax-dim" }, name), bar.element);
    lock();
    const onStep = (step) => {
      bar.set(step);
      onProgress(step);
    };
    try {
      const message = { do: "run", ...target, grant, scope, note: reason, preview: preview.fingerprint };
      const reply = await link.ask(message, { onProgress: onStep, patience: Infinity });
      if (reply.stale) return consent(target, subject, reply.preview, "Something changed meanwhile. Nothing was done yet: please look again.");
      say(reply.done);
      dialog.close();
    } catch (fault) {
      if (!dialog.open) say("", faultBox(fault));
      throw fault;
    } finally {
      busy = null;
      strip.replaceChildren();
      lock();
    }
  }
  function giveFocusBack(opener) {
    const usable = opener?.isConnected && !opener.disabled ? opener : nearKey(root, opener?.dataset?.key);
    (usable ?? (search.disabled ? title : search)).focus();
  }

  // --- what the kernel says by itself
  async function onChanged(state) {
    if (state && state === have.state) return;
    try {
      have = (await link.ask({ do: "installed" })).installed;
      drawHave();
      if (!installedPanel.hidden) lookForUpdates();
    } catch (fault) {
      if (!gone) problem.replaceChildren(faultBox(fault));
    }
  }
  // The registry is asked while somebody looks at what is installed; what it says against that comes as a change.
  async function lookForUpdates() {
    try {
      outdated = (await link.ask({ do: "outdated" })).outdated;
      drawHave();
    } catch (fault) {
      outdated = {};
      if (!gone) say("", faultBox(fault));
    }
  }
  function onLiveness(state) {
    gone = state === "gone";
    const texts = LIVENESS[state];
    alert.hidden = !texts;
    alert.replaceChildren(...(texts ? [h("strong", {}, texts[0]), " ", texts[1]] : []));
    lock();
  }

  const acts = { act, details, settings, secrets, show, keep, letGo, browse: () => views.select(0, true) };

  // --- listening
  const later = () => {
    clearTimeout(typing);
    typing = setTimeout(find, TYPING_MS);
  };
  search.addEventListener("input", later);
  category.addEventListener("change", find);
  sort.addEventListener("change", find);
  more.addEventListener("click", () => findMore().catch((fault) => !gone && problem.replaceChildren(faultBox(fault))));
  root.addEventListener("pointerenter", () => link.ping());
  root.addEventListener("focusin", () => link.ping());
  keepKeys(root);
  const unwatch = watchWhileSeen(root, link);

  drawCategories(first.page.categories);
  drawCount(first.page.total);
  drawHave();
  if (first.fault) {
    count.textContent = "";
    empty.hidden = true;
    notFound(first.fault);
  }
  if (model.get("view") !== "browse") views.select(1);
  if (model.get("view") === "permissions") for (const one of installedPanel.querySelectorAll(".ax-held:not([data-of^='generation-'])")) one.open = true;
  el.append(root);
  link.ping();
  return () => {
    clearTimeout(typing);
    unwatch();
    link.dispose();
  };
}

export default { render };
