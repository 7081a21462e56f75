import { h, keepKeys, uid } from "./dom.js";
import { connect, watchWhileSeen } from "./link.js";
import { faultBox } from "./dialog.js";
import { createField, readAll } from "./fields.js";

// The forms of one plugin's display. What they show next stands below, in an output of its own.

const GONE_TEXT = "The kernel that ran this cell is gone. Run the cell again.";
const WAITS = { busy: "The kernel is busy: this goes on when the running cell has ended.", silent: "No answer from the kernel." };

function render({ model, el }) {
  const id = uid();
  const alert = h("div", { class: "ax-box ax-box-warn", role: "alert", hidden: true });
  const body = h("div", { class: "ax-forms" });
  const status = h("div", { class: "ax-dim ax-status", role: "status" });
  const root = h("section", { class: "ax", "aria-label": `Controls of ${model.get("byline")}` }, alert, body, status);
  let live = true;
  let running = null;
  let fields = [];

  const link = connect(model, { onChanged: () => {}, onLiveness });

  function draw() {
    const active = root.getRootNode().activeElement;
    const at = [...body.querySelectorAll("input, select, button")].indexOf(active);
    const named = new Map(fields.filter((field) => field.names).map((field) => [field.name, field.input.value]));
    fields = [];
    body.replaceChildren(...model.get("forms").map(drawForm));
    // What a person named stays named: a plugin that shows further controls does not learn it, and cannot choose it.
    for (const field of fields) if (field.names && named.get(field.name)) field.input.value = named.get(field.name);
    if (at >= 0) [...body.querySelectorAll("input, select, button")][at]?.focus();
    lock();
  }

  function drawForm(form, number) {
    const own = form.fields.map((spec) => createField(spec));
    fields.push(...own);
    own.filter((field) => field.names).forEach((field, at) => suggest(field, form.fields.filter((spec) => spec.control === "pick")[at].type));
    const slot = h("div");
    const go = h("button", { type: "submit", class: form.fields.length ? "ax-button ax-primary" : "ax-button", "data-act": "" }, form.submit);
    const cancel = h("button", { type: "button", class: "ax-button ax-quiet", hidden: true, onclick: () => link.ask({ do: "cancel" }).catch(() => {}) }, "Stop");
    const onsubmit = (event) => {
      event.preventDefault();
      const values = readAll(own);
      if (values) submit({ form, number, values, own, slot, cancel, go });
    };
    return h(
      "form",
      { class: form.fields.length ? "ax-form" : "ax-form ax-form-bare", novalidate: true, onsubmit, "aria-label": form.title || form.submit },
      form.title ? h("h4", {}, form.title) : null,
      own.map((field) => field.element),
      slot,
      h("div", { class: "ax-form-foot" }, go, cancel),
    );
  }

  function suggest(field, type) {
    if (!["variable", "secret"].includes(type)) return;
    field.input.addEventListener("focus", async () => {
      try {
        const { names } = await link.ask({ do: "suggest", type });
        field.names.replaceChildren(...names.map((name) => h("option", { value: name })));
      } catch {
        // Names are a convenience: whoever types one needs no list.
      }
    });
  }

  async function submit({ form, number, values, own, slot, cancel, go }) {
    running = number;
    own.forEach((field) => field.clear());
    slot.replaceChildren();
    cancel.hidden = false;
    status.textContent = `${form.submit}: running…`;
    lock();
    try {
      await link.ask({ do: "submit", form: number, serial: form.serial, values }, { patience: Infinity });
      status.textContent = `${form.submit}: done. The result is below.`;
    } catch (fault) {
      status.textContent = "";
      const wrong = own.find((field) => field.name === fault.field);
      if (wrong) wrong.fail([`${fault.reason.charAt(0).toUpperCase()}${fault.reason.slice(1)}.`, fault.remedy].filter(Boolean).join(" "));
      else slot.replaceChildren(faultBox(fault));
    } finally {
      running = null;
      cancel.hidden = true;
      lock();
      if (go.isConnected && !go.disabled && root.getRootNode().activeElement === document.body) go.focus();
    }
  }

  function lock() {
    const off = !live || Boolean(model.get("expired"));
    root.classList.toggle("ax-gone", off);
    for (const button of body.querySelectorAll("[data-act]")) button.disabled = off || running !== null;
    for (const field of fields) field.disabled = off;
  }
  function tell(text) {
    alert.hidden = !text;
    alert.textContent = text;
  }
  function onLiveness(state) {
    live = state !== "gone";
    tell(live ? WAITS[state] ?? model.get("expired") : GONE_TEXT);
    if (!live) status.textContent = "";
    lock();
  }
  const onExpired = () => {
    if (live) tell(model.get("expired"));
    lock();
  };

  keepKeys(root);
  root.addEventListener("focusin", () => link.ping());
  const unwatch = watchWhileSeen(root, link);
  model.on("change:forms", draw);
  model.on("change:expired", onExpired);

  draw();
  onExpired();
  el.append(root);
  return () => {
    unwatch();
    model.off("change:forms", draw);
    model.off("change:expired", onExpired);
    link.dispose();
  };
}

export default { render };
