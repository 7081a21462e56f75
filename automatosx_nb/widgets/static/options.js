import { h } from "./dom.js";
import { closeButton, faultBox } from "./dialog.js";
import { createField } from "./fields.js";
import { sentence } from "./wording.js";

// What an installed plugin can be told: its settings, and its secrets, which are typed unseen and never shown.

const ORIGINS = {
  default: "Default",
  admin: "Set by your administrator",
  user: "Set by you",
  project: "Set by this project",
  application: "Set by the running application",
  environment: "Set by the environment",
};

function valueText(value) {
  return typeof value === "string" ? value || "(empty)" : JSON.stringify(value);
}

function originText({ origin, place, value, default: otherwise }) {
  const where = place && !["the profile"].includes(place) ? ` (${place})` : "";
  const same = origin === "default" ? "" : ` · default: ${valueText(otherwise)}`;
  return `${ORIGINS[origin] ?? origin}${where}${same}`;
}

function notesOf(spec) {
  const notes = spec.passed_over
    .filter(({ fault }) => !(spec.locked && fault.endsWith("locks it")))
    .map(({ origin, fault }) => `What was ${(ORIGINS[origin] ?? origin).toLowerCase()} does not count: ${fault}.`);
  if (spec.locked) notes.unshift(`Locked: ${spec.locked}. It cannot be changed here.`);
  else if (["project", "application", "environment"].includes(spec.origin)) notes.unshift("What you save here counts where that is not set.");
  return notes;
}

function sameValue(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

export function showSettings(dialog, { name, id }, ask) {
  const status = h("div", { class: "ax-dim", role: "status" });
  const slot = h("div");
  const save = h("button", { type: "submit", form: `ax-settings-${id}`, class: "ax-button ax-primary" }, "Save");
  let fields = [];

  const form = h("form", { id: `ax-settings-${id}`, class: "ax-settings", novalidate: true, onsubmit: saveAll });

  function draw({ fields: specs, undeclared, misnamed }, focus = null) {
    fields = specs.map((spec) => ({ spec, control: controlOf(spec) }));
    form.replaceChildren(
      ...fields.map(({ control }) => control.element),
      ...undeclared.map((each) => strayRow(each)),
      ...Object.entries(misnamed).map(([each, place]) => h("p", { class: "ax-dim" }, `${place} sets ${each}, and ${name} has no such setting.`)),
      ...(specs.length || undeclared.length ? [] : [h("p", {}, `${name} has no settings.`)]),
    );
    save.hidden = !specs.some((spec) => !spec.locked);
    fields.find(({ spec }) => spec.name === focus)?.control.input.focus();
  }

  function controlOf(spec) {
    const reset = h("button", { type: "button", class: "ax-button ax-quiet ax-small", "aria-label": `Reset ${spec.label} to the default`, hidden: !spec.set || Boolean(spec.locked), onclick: () => unset(spec) }, "Reset");
    const foot = h("div", { class: "ax-field-foot" }, h("span", { class: "ax-dim" }, originText(spec)), reset);
    const notes = notesOf(spec).map((text) => h("p", { class: "ax-dim ax-note" }, text));
    const control = createField(spec, { extra: [foot, ...notes], mark: false });
    control.disabled = Boolean(spec.locked);
    return control;
  }

  function strayRow(each) {
    const forget = h("button", { type: "button", class: "ax-button ax-quiet ax-small", "aria-label": `Forget ${each}`, onclick: () => unset({ name: each, label: each }) }, "Forget");
    return h("div", { class: "ax-field-foot" }, h("span", { class: "ax-dim" }, `${each} was set for another version; this one has no such setting.`), forget);
  }

  async function saveAll(event) {
    event.preventDefault();
    slot.replaceChildren();
    const changed = [];
    let wrong = false;
    for (const { spec, control } of fields) {
      if (spec.locked) continue;
      const { value, fault } = control.read();
      if (fault) {
        control.fail(fault, !wrong);
        wrong = true;
      } else if (!sameValue(value, spec.value)) changed.push({ spec, control, value });
    }
    if (wrong) return;
    let latest = null;
    for (const { spec, control, value } of changed) {
      try {
        latest = (await ask({ do: "set", id, name: spec.name, value })).settings;
        spec.value = value;
      } catch (fault) {
        if (fault.field) control.fail(`${sentence(fault.reason)}.`);
        else slot.replaceChildren(faultBox(fault));
        status.textContent = "";
        return;
      }
    }
    if (latest) draw(latest);
    status.textContent = changed.length ? `Saved: ${changed.map(({ spec }) => spec.label).join(", ")}.` : "Nothing was changed.";
    save.focus();
  }

  async function unset({ name: which, label }) {
    slot.replaceChildren();
    try {
      draw((await ask({ do: "unset", id, name: which })).settings, which);
      status.textContent = `${label} is no longer set by you.`;
    } catch (fault) {
      slot.replaceChildren(faultBox(fault));
    }
  }

  dialog.show({ heading: `Settings of ${name}`, content: [slot, form, status], actions: [closeButton(dialog), save] });
  ask({ do: "settings", id }).then(({ settings }) => draw(settings), (fault) => slot.replaceChildren(faultBox(fault)));
}

export function showSecrets(dialog, { name, id }, ask) {
  const status = h("div", { class: "ax-dim", role: "status" });
  const slot = h("div");
  const list = h("div", { class: "ax-settings" });

  function draw({ secrets }) {
    list.replaceChildren(...secrets.map(secretRow), ...(secrets.length ? [] : [noneRow()]), otherRow(secrets.length > 0));
  }

  function secretForm(label, read, button, extra = []) {
    const input = h("input", { type: "password", autocomplete: "new-password", "aria-label": label, placeholder: "Type or paste it", spellcheck: "false" });
    const onsubmit = async (event) => {
      event.preventDefault();
      const secret = read();
      const value = input.value;
      input.value = "";
      slot.replaceChildren();
      if (!secret || !value) return (secret ? input : extra[0]).focus();
      try {
        draw((await ask({ do: "keep", id, name: secret, value })).secrets);
        status.textContent = `${secret} is kept.`;
        list.querySelector(`[data-secret="${CSS.escape(secret)}"] input`)?.focus();
      } catch (fault) {
        slot.replaceChildren(faultBox(fault));
        input.focus();
      }
    };
    return h("form", { class: "ax-secret", novalidate: true, onsubmit }, ...extra, input, h("button", { type: "submit", class: "ax-button" }, button));
  }

  function secretRow({ name: secret, reason, asked, granted, kept }) {
    const forget = h("button", { type: "button", class: "ax-button ax-quiet ax-small", "aria-label": `Forget ${secret}`, hidden: !kept, onclick: () => drop(secret) }, "Forget");
    const may = granted ? "" : asked ? ` · ${name} may not read it by itself: it was not granted` : ` · ${name} gets it only where you name it`;
    return h(
      "div",
      { class: "ax-field", "data-secret": secret },
      h("h4", {}, secret),
      reason ? h("p", { class: "ax-dim" }, reason) : null,
      secretForm(`New value of ${secret}`, () => secret, kept ? "Replace" : "Keep"),
      h("div", { class: "ax-field-foot" }, h("span", { class: "ax-dim" }, `${kept ? `Kept ${kept}` : "Not set"}${may}`), forget),
    );
  }

  function noneRow() {
    return h("p", {}, `None is kept, and ${name} asks for none by itself. It gets what you keep here only where you name it, as in --token NAME.`);
  }

  function otherRow(another) {
    const called = h("input", { type: "text", "aria-label": "Name of another secret", placeholder: "Name, as in api-token", autocomplete: "off", spellcheck: "false" });
    return h("details", { open: !another }, h("summary", {}, another ? "Another secret" : "A secret"), secretForm("Value of the other secret", () => called.value.trim(), "Keep", [called]));
  }

  async function drop(secret) {
    slot.replaceChildren();
    try {
      draw((await ask({ do: "forget", id, name: secret })).secrets);
      status.textContent = `${secret} is forgotten.`;
    } catch (fault) {
      slot.replaceChildren(faultBox(fault));
    }
  }

  dialog.show({
    heading: `Secrets of ${name}`,
    content: [h("p", { class: "ax-dim" }, "What you type is kept encrypted or in the system's keyring, for this plugin alone. It is never shown again, and is in no notebook."), slot, list, status],
    actions: [closeButton(dialog)],
  });
  ask({ do: "secrets", id }).then(({ secrets }) => draw(secrets), (fault) => slot.replaceChildren(faultBox(fault)));
}
