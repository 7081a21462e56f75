import { h, uid } from "./dom.js";

// One control of a form, of a plugin's settings or of a plugin's own. A specification has `name`, `label`, `help`,
// `control`, `type`, `value` and what bounds it; `read` gives `{ value }` or `{ fault }`, and `fail` shows what is wrong.

const READERS = {
  text_field: (input) => ({ value: input.value }),
  pick: (input) => ({ value: input.value.trim() }),
  checkbox: (input) => ({ value: input.checked }),
  select: (input, { choices }) => ({ value: choices[Number(input.value)] ?? null }),
  slider: (input) => ({ value: Number(input.value) }),
  number: readNumber,
  lines: (input) => ({ value: input.value.split("\n").map((line) => line.trim()).filter(Boolean) }),
  json: readJson,
};

function readNumber(input, { type, required }) {
  const text = input.value.trim();
  if (input.validity.badInput) return { fault: "This is not a number." };
  if (!text) return required ? { fault: "A number is needed here." } : { value: null };
  const value = Number(text);
  if (!Number.isFinite(value)) return { fault: `“${text}” is not a number.` };
  if (type === "integer" && !Number.isInteger(value)) return { fault: "It has to be a whole number." };
  if (input.min !== "" && value < Number(input.min)) return { fault: `It has to be ${input.min} or more.` };
  if (input.max !== "" && value > Number(input.max)) return { fault: `It has to be ${input.max} or less.` };
  return { value };
}

function readJson(input) {
  try {
    return { value: JSON.parse(input.value) };
  } catch {
    return { fault: "This is not JSON." };
  }
}

const MAKERS = {
  text_field: ({ value, maxLength }) => h("input", { type: "text", value: value ?? "", maxlength: maxLength, autocomplete: "off", spellcheck: "false" }),
  pick: ({ list }) => h("input", { type: "text", list, autocomplete: "off", spellcheck: "false" }),
  number: ({ value, minimum, maximum, step, type }) =>
    h("input", { type: "number", value: value ?? "", min: minimum, max: maximum, step: step ?? (type === "integer" ? 1 : "any"), inputmode: type === "integer" ? "numeric" : "decimal" }),
  slider: ({ value, minimum, maximum, step, type }) =>
    h("input", { type: "range", min: minimum, max: maximum, step: step ?? (type === "integer" ? 1 : "any"), value: value ?? minimum }),
  checkbox: ({ value }) => h("input", { type: "checkbox", checked: Boolean(value) }),
  select: ({ value, choices }) =>
    h("select", {}, choices.map((choice, at) => h("option", { value: at, selected: choice === value }, String(choice)))),
  lines: ({ value }) => h("textarea", { rows: Math.min(12, Math.max(2, (value ?? []).length)), spellcheck: "false" }, (value ?? []).join("\n")),
  json: ({ value }) => h("textarea", { rows: 3, spellcheck: "false", class: "ax-code" }, JSON.stringify(value)),
};

// How something is typed that is more than a word or a number.
const HOW = {
  lines: ({ choices }) => (choices?.length ? `One a line, of: ${choices.join(", ")}.` : "One a line."),
  json: () => "As JSON.",
};

export function createField(spec, { extra = [], mark = true } = {}) {
  const id = `ax-field-${uid()}`;
  const input = MAKERS[spec.control]({ ...spec, list: `${id}-list` });
  const fault = h("p", { class: "ax-fault", id: `${id}-fault`, hidden: true });
  const told = [spec.help, HOW[spec.control]?.(spec)].filter(Boolean).join(" ");
  const help = told ? h("p", { class: "ax-dim", id: `${id}-help` }, told) : null;
  const shown = spec.control === "slider" ? h("output", { class: "ax-number" }, input.value) : null;
  const names = spec.control === "pick" ? h("datalist", { id: `${id}-list` }) : null;
  input.id = id;
  input.setAttribute("aria-describedby", [help ? `${id}-help` : "", `${id}-fault`].filter(Boolean).join(" "));
  if (spec.required) input.setAttribute("aria-required", "true");
  const label = h("label", { for: id }, spec.label, spec.required && mark ? h("span", { class: "ax-dim", "aria-hidden": "true" }, " (needed)") : null);
  const beside = spec.control === "checkbox";
  const clear = () => {
    fault.hidden = true;
    input.removeAttribute("aria-invalid");
  };
  input.addEventListener("input", () => {
    if (shown) shown.textContent = input.value;
    clear();
  });
  return {
    name: spec.name,
    input,
    names,
    element: h("div", { class: beside ? "ax-field ax-field-tick" : "ax-field" }, beside ? [input, label] : [label, h("div", { class: "ax-field-row" }, input, shown)], names, help, fault, ...extra),
    read: () => READERS[spec.control](input, spec),
    clear,
    fail(text, focus = true) {
      fault.textContent = text;
      fault.hidden = false;
      input.setAttribute("aria-invalid", "true");
      if (focus) input.focus();
    },
    set disabled(off) {
      input.disabled = off;
    },
  };
}

// Every field's value by its name, or null after each field that is wrong has said so; the first of them has the focus.
export function readAll(fields) {
  const values = {};
  let first = true;
  for (const field of fields) {
    const { value, fault } = field.read();
    if (fault) {
      field.fail(fault, first);
      first = false;
    } else values[field.name] = value;
  }
  return first ? values : null;
}
