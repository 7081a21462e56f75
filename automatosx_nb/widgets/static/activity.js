import { h, keepKeys, keepingFocus, uid } from "./dom.js";
import { connect, watchWhileSeen } from "./link.js";
import { faultBox } from "./dialog.js";
import { plural } from "./wording.js";

// The meters. One question to the kernel at a time, and none while nobody looks.

const EVERY_MS = 2000;
const STATE_WORDS = { "not started": "Not started", working: "Working", waiting: "Waiting", suspended: "Suspended" };
const TELLS = {
  gone: "Disconnected: run the cell again. The kernel that this panel belonged to is gone.",
  busy: "The kernel is busy: these are the numbers of before.",
  silent: "No answer from the kernel: these are the numbers of before.",
};

function clock(time) {
  const date = new Date(time);
  return isNaN(date) ? time : date.toLocaleTimeString("en-GB");
}

function share(used, allowed, name, text) {
  return h("span", { class: "ax-gauge" }, h("meter", { min: "0", max: String(allowed), low: String(allowed * 0.7), high: String(allowed * 0.9), optimum: "0", value: String(Math.min(used, allowed)), "aria-label": name }), h("span", { class: "ax-number" }, text));
}

function more(plugin) {
  const { limits, log, incidents } = plugin;
  const bounds = `Limits: ${limits.resident_mb} MiB of memory, ${limits.memory_mb} MiB of address space, ${limits.cpu_s} s of CPU, ${limits.wall_s} s a call`;
  return [
    h("p", { class: "ax-dim" }, bounds, plugin.queued ? ` · ${plural(plugin.queued, "call")} waiting` : "", plugin.dropped_events ? ` · ${plural(plugin.dropped_events, "event")} dropped` : ""),
    h("h5", {}, "Incidents"),
    incidents.length
      ? h("ul", { class: "ax-list" }, incidents.map((one) => h("li", {}, h("span", { class: "ax-dim" }, `${clock(one.time)} `), one.what, one.detail ? h("span", { class: "ax-dim" }, ` ${one.detail}`) : null)))
      : h("p", { class: "ax-dim" }, "None."),
    h("h5", {}, "Log"),
    log.length
      ? h("pre", { tabindex: "0", class: "ax-log", "aria-label": `Log of ${plugin.name}` }, log.map((line) => `${clock(line.time)} ${line.level}: ${line.text}`).join("\n"))
      : h("p", { class: "ax-dim" }, "Nothing was logged."),
  ];
}

function activityRow(plugin, opened, resume) {
  const word = h("span", { class: `ax-badge ax-is-${plugin.state.replace(" ", "-")}` }, STATE_WORDS[plugin.state] ?? plugin.state);
  return h(
    "li",
    { class: "ax-row", "data-of": plugin.id },
    h("div", { class: "ax-row-text" }, h("h4", {}, plugin.name, h("span", { class: "ax-dim" }, ` ${plugin.version} · ${plugin.publisher} `), word)),
    h(
      "dl",
      { class: "ax-meters" },
      h("div", {}, h("dt", {}, "CPU"), h("dd", {}, share(plugin.cpu_s, plugin.limits.cpu_s, `CPU of ${plugin.name}`, `${plugin.cpu_s.toFixed(2)} s`))),
      h("div", {}, h("dt", {}, "Memory"), h("dd", {}, share(plugin.rss_mb, plugin.limits.resident_mb, `Memory of ${plugin.name}`, `${plugin.rss_mb.toFixed(0)} MiB`))),
      h("div", {}, h("dt", {}, "Calls"), h("dd", {}, plugin.calls.toLocaleString("en"))),
      h("div", {}, h("dt", {}, "Events"), h("dd", {}, plugin.events.toLocaleString("en"))),
    ),
    plugin.suspended_s
      ? h("div", { class: "ax-row-acts" }, h("span", { class: "ax-dim" }, `for ${plugin.suspended_s} s, because its worker kept ending`), h("button", { type: "button", class: "ax-button", "data-key": `resume:${plugin.id}`, "aria-label": `Resume ${plugin.name}`, onclick: () => resume(plugin) }, "Resume"))
      : null,
    h("details", { class: "ax-held", "data-of": plugin.id, open: opened.has(plugin.id) }, h("summary", { "data-key": `more:${plugin.id}` }, `Log, limits and incidents of ${plugin.name}`), more(plugin)),
  );
}

function render({ model, el }) {
  const id = uid();
  const alert = h("div", { class: "ax-box ax-box-warn", role: "alert", hidden: true });
  const problem = h("div");
  const list = h("ul", { class: "ax-rows", "aria-label": "Plugins of this kernel" });
  const empty = h("div", { class: "ax-empty", hidden: true }, h("p", {}, "No plugin is installed. automatosx_nb.marketplace() finds some."));
  const refresh = h("button", { type: "button", class: "ax-button", onclick: () => look() }, "Refresh");
  const pause = h("button", { type: "button", class: "ax-button ax-quiet", "aria-pressed": "false", onclick: () => hold(!held) }, "Pause");
  const title = h("h3", { class: "ax-title", id: `ax-${id}` }, "Activity of plugins in this kernel");
  const root = h("section", { class: "ax", "aria-labelledby": `ax-${id}` }, h("div", { class: "ax-section ax-top" }, title, h("div", { class: "ax-row-acts" }, pause, refresh)), alert, problem, list, empty);
  let held = false;
  let asking = false;
  let drawn = "";

  const link = connect(model, { onChanged: () => {}, onLiveness });

  function draw(plugins) {
    const now = JSON.stringify(plugins);
    if (now === drawn) return;
    drawn = now;
    const opened = new Set([...list.querySelectorAll("details[open]")].map((one) => one.dataset.of));
    const scrolled = new Map([...list.querySelectorAll(".ax-log")].map((one) => [one.closest("details").dataset.of, one.scrollTop]));
    keepingFocus(root, () => list.replaceChildren(...plugins.map((plugin) => activityRow(plugin, opened, resume))), refresh);
    for (const log of list.querySelectorAll(".ax-log")) log.scrollTop = scrolled.get(log.closest("details").dataset.of) ?? log.scrollHeight;
    empty.hidden = plugins.length > 0;
    list.hidden = !plugins.length;
  }
  async function ask(message) {
    if (asking) return;
    asking = true;
    try {
      draw((await link.ask(message)).plugins);
      problem.replaceChildren();
    } catch (fault) {
      if (fault.code !== "disconnected") problem.replaceChildren(faultBox(fault));
    } finally {
      asking = false;
    }
  }
  const look = () => ask({ do: "look" });
  const resume = (plugin) => ask({ do: "resume", id: plugin.id });
  function hold(next) {
    held = next;
    pause.setAttribute("aria-pressed", String(held));
    pause.textContent = held ? "Go on" : "Pause";
    if (!held) look();
  }
  function onLiveness(state) {
    const text = TELLS[state];
    alert.hidden = !text;
    alert.textContent = text ?? "";
    const off = state === "gone";
    root.classList.toggle("ax-gone", off);
    for (const button of root.querySelectorAll("button")) button.disabled = off;
  }

  keepKeys(root);
  const unwatch = watchWhileSeen(root, link);
  const timer = setInterval(() => !held && link.present() && look(), EVERY_MS);

  draw(model.get("first"));
  el.append(root);
  return () => {
    clearInterval(timer);
    unwatch();
    link.dispose();
  };
}

export default { render };
