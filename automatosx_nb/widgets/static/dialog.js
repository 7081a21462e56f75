import { h, uid } from "./dom.js";
import { sentence } from "./wording.js";

// One modal dialog: a title, a body that scrolls, buttons at the foot. It gives the focus back when it closes.
export function createDialog({ onClose }) {
  const id = `ax-title-${uid()}`;
  const title = h("h3", { id, class: "ax-dialog-title", tabindex: "-1" });
  const subtitle = h("div", { class: "ax-dialog-sub" });
  const body = h("div", { class: "ax-dialog-body" });
  const foot = h("div", { class: "ax-dialog-foot" });
  const element = h(
    "dialog",
    { class: "ax-dialog", "aria-labelledby": id, onclose: () => onClose(back()) },
    h("div", { class: "ax-dialog-head" }, title, subtitle),
    body,
    foot,
  );
  let opener = null;
  const back = () => {
    const was = opener;
    opener = null;
    return was;
  };
  return {
    element,
    get open() {
      return element.open;
    },
    close: () => element.close(),
    show({ heading, sub = [], content, actions }) {
      title.textContent = heading;
      subtitle.replaceChildren(...[sub].flat());
      body.replaceChildren(...[content].flat().filter((part) => part != null));
      foot.replaceChildren(...[actions].flat());
      if (!element.open) {
        opener = element.getRootNode().activeElement;
        element.showModal();
      }
      body.scrollTop = 0;
      title.focus();
    },
  };
}

export function closeButton(dialog, text = "Close") {
  return h("button", { type: "button", class: "ax-button", onclick: () => dialog.close() }, text);
}

export function faultBox(fault) {
  const problem = fault.problem ?? String(fault);
  return h(
    "div",
    { class: "ax-box ax-box-error", role: "alert" },
    h("p", { class: "ax-strong ax-lines" }, sentence(problem)),
    fault.next ? h("p", { class: "ax-lines" }, fault.next) : null,
    fault.trace ? h("details", {}, h("summary", {}, "Traceback"), h("pre", { tabindex: "0" }, fault.trace)) : null,
  );
}

export function progressBar(name, onStop) {
  const bar = h("progress", { max: "1", value: "0", "aria-label": name });
  const text = h("div", { class: "ax-dim", role: "status" }, "Starting…");
  const stop = h("button", { type: "button", class: "ax-button", onclick: () => end() }, "Stop");
  const end = () => {
    stop.disabled = true;
    stop.textContent = "Stopping…";
    onStop();
  };
  return {
    element: h("div", { class: "ax-progress" }, bar, text, stop),
    set({ name: at, fraction, text: step }) {
      bar.value = fraction;
      text.textContent = sentence(step);
      if (at === "switch" || at === "done") stop.disabled = true;
    },
  };
}

// Tabs after the ARIA pattern: arrows move, the selected one is in the tab order.
export function tabs(name, entries) {
  const base = `ax-tab-${uid()}`;
  const select = (index, focus) => {
    buttons.forEach((button, i) => {
      button.setAttribute("aria-selected", String(i === index));
      button.tabIndex = i === index ? 0 : -1;
      entries[i].panel.hidden = i !== index;
    });
    if (focus) buttons[index].focus();
    entries[index].onSelect?.();
  };
  const onkeydown = (event) => {
    const at = buttons.indexOf(event.target);
    const last = buttons.length - 1;
    const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    select(to, true);
  };
  const buttons = entries.map((entry, i) => {
    entry.panel.id = `${base}-panel-${i}`;
    entry.panel.setAttribute("role", "tabpanel");
    entry.panel.setAttribute("aria-labelledby", `${base}-${i}`);
    return h(
      "button",
      { type: "button", role: "tab", id: `${base}-${i}`, class: "ax-tab", "aria-controls": entry.panel.id, onclick: () => select(i) },
      entry.label,
    );
  });
  const element = h("div", { class: "ax-tabs", role: "tablist", "aria-label": name, onkeydown }, buttons);
  select(0);
  return { element, select };
}
