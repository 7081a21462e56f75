import { h } from "./dom.js";
import { actButton } from "./cards.js";
import { closeButton, faultBox } from "./dialog.js";
import { moment, sentence } from "./wording.js";

// The profile's generations: who made each, when and why, what it changed, and which are kept from being pruned.

const SURFACES = { notebook: "in a notebook", panel: "in a panel", terminal: "in a terminal", automatic: "by itself" };

function whatItChanged({ number, parent, differences }) {
  if (!differences) return h("p", { class: "ax-dim" }, `Generation ${parent}, before it, was pruned: what this one changed is not known.`);
  if (!differences.length) return h("p", { class: "ax-dim" }, "It changed nothing that is shown here.");
  return h("ul", { class: "ax-list", "aria-label": `What generation ${number} changed` }, differences.map((text) => h("li", {}, text)));
}

function generationRow(entry, open, { act, keep, letGo }) {
  const { number, kept } = entry;
  const key = `generation-${number}`;
  const keeping =
    kept === null
      ? actButton("Keep…", `Keep generation ${number}`, `keep:${key}`, () => keep(entry), false)
      : actButton("Let go", `Let generation ${number} go`, `keep:${key}`, () => letGo(entry), false);
  const back = () => act("rollback", { name: `generation ${number}`, to: number });
  return h(
    "li",
    { class: "ax-row" },
    h(
      "div",
      { class: "ax-row-text" },
      h(
        "div",
        {},
        sentence(entry.action || "empty profile"),
        entry.current ? h("span", { class: "ax-badge ax-good" }, "Current") : null,
        kept === null ? null : h("span", { class: "ax-badge ax-dim" }, "Kept"),
      ),
      h("div", { class: "ax-dim" }, [`Generation ${number}`, entry.created ? moment(entry.created) : "", entry.by, SURFACES[entry.surface] ?? ""].filter(Boolean).join(" · ")),
      kept ? h("div", { class: "ax-dim" }, `Kept: ${kept}`) : null,
    ),
    h("div", { class: "ax-row-acts" }, entry.current ? null : actButton("Go back to this…", `Roll back to generation ${number}`, `back:${key}`, back, false), keeping),
    h("details", { class: "ax-held", "data-of": key, open: open.has(key) }, h("summary", {}, "What it changed"), whatItChanged(entry)),
  );
}

export function historySection({ history, can_roll_back: canRollBack, can_undo: canUndo }, open, acts) {
  if (!history.length) return [];
  const undo = () => acts.act("undo", { name: "the last change" });
  const back = () => acts.act("rollback", { name: "the last change" });
  return [
    h(
      "div",
      { class: "ax-section" },
      h("h4", {}, "History"),
      h(
        "div",
        { class: "ax-row-acts" },
        canUndo ? actButton("Undo…", "Undo whatever was done last", "back:undo", undo, false) : null,
        canRollBack ? actButton("Roll back the last change…", "Roll back the last change", "back:last", back, false) : null,
      ),
    ),
    h("ol", { class: "ax-rows", "aria-label": "History, newest first" }, history.map((entry) => generationRow(entry, open, acts))),
  ];
}

// A line that a person may leave empty: why something is held.
export function noteField(text) {
  const input = h("input", { type: "text", maxlength: "200", autocomplete: "off" });
  return { input, element: h("label", { class: "ax-field ax-why" }, h("span", { class: "ax-strong" }, text), input) };
}

export function showKeep(dialog, { number }, keep) {
  const note = noteField("Why (you may leave this empty)");
  const slot = h("div");
  const onsubmit = async (event) => {
    event.preventDefault();
    slot.replaceChildren();
    try {
      await keep(note.input.value.trim());
      dialog.close();
    } catch (fault) {
      slot.replaceChildren(faultBox(fault));
    }
  };
  const id = `ax-keep-${number}`;
  dialog.show({
    heading: `Keep generation ${number}?`,
    content: [slot, h("p", {}, "No policy prunes it until you let it go, so that you can always go back to it."), h("form", { id, class: "ax-settings", onsubmit }, note.element)],
    actions: [closeButton(dialog, "Cancel"), h("button", { type: "submit", form: id, class: "ax-button ax-primary", "data-act": "" }, "Keep")],
  });
}
