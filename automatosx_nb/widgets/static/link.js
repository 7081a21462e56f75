import { uid } from "./dom.js";

// Requests to the kernel and their answers, and whether there is a kernel to ask.
//
// Where the front end knows its kernel (JupyterLab, Notebook) its status and the session that its messages name are
// read here, which costs nothing. Besides, a ping goes out every ten seconds, but only while the panel can be seen and
// somebody moves the pointer or types: an idle kernel stays idle, and its server may still cull it.

const GONE = new Set(["dead", "starting", "restarting", "autorestarting", "terminating"]);
const LOOK_MS = 1000;
const PING_MS = 10000;
const PRESENT_MS = 60000;
const PING_PATIENCE_MS = 3000;
const PATIENCE_MS = 6000;

export class Fault extends Error {
  constructor({ code, problem, next, trace = "" }, more = {}) {
    super(problem);
    Object.assign(this, { code, problem, next, trace }, more);
  }
}

const LOST = {
  code: "disconnected",
  problem: "the kernel that ran this cell is gone.",
  next: "Run the cell again: a change that was under way is either done or undone, never half.",
};

function kernelOf(model) {
  return model.widget_manager?.kernel ?? null;
}

export function connect(model, { onChanged, onLiveness }) {
  const own = uid();
  const waiting = new Map();
  let count = 0;
  let closed = false;
  let liveness = "live";
  let timer = null;
  let lastPing = 0;
  let lastSeen = Date.now();
  let session = null;
  const kernel = kernelOf(model);

  const assess = () => {
    if (closed) return "gone";
    const now = kernelOf(model);
    if (kernel && (now !== kernel || now.isDisposed || now.connectionStatus === "disconnected")) return "gone";
    const overdue = [...waiting.values()].some((one) => one.due < Date.now());
    if (!overdue) return "live";
    if (!kernel) return "silent";
    return kernel.status === "busy" ? "busy" : "gone";
  };
  const look = () => {
    const now = Date.now();
    if (!closed && now - lastPing > PING_MS && now - lastSeen < PRESENT_MS) ping();
    const next = assess();
    if (next === liveness) return;
    liveness = next;
    if (next === "gone") lose();
    onLiveness(next);
  };
  const lose = () => {
    const lost = [...waiting.values()];
    waiting.clear();
    for (const one of lost) one.reject(new Fault(LOST));
  };
  const close = () => {
    closed = true;
    look();
  };

  const ask = (message, { onProgress = null, patience = PATIENCE_MS } = {}) =>
    new Promise((resolve, reject) => {
      if (liveness === "gone") return reject(new Fault(LOST));
      const request = `${own}-${++count}`;
      waiting.set(request, { resolve, reject, onProgress, due: Date.now() + patience });
      model.send({ ...message, request });
    });
  const ping = () => {
    lastPing = Date.now();
    return ask({ do: "ping" }, { patience: PING_PATIENCE_MS }).then((reply) => onChanged(reply.state), () => {});
  };

  const hear = (message) => {
    if (message?.on === "changed") return onChanged(null);
    const one = waiting.get(message?.re);
    if (!one) return; // another view's, or of before the connection was lost
    if (message.progress) return one.onProgress?.(message.progress);
    waiting.delete(message.re);
    if (message.error) one.reject(new Fault(message.error, { field: message.field, reason: message.reason, remedy: message.remedy }));
    else one.resolve(message);
    look();
  };
  const onMessage = (_kernel, message) => {
    const from = message?.header?.session;
    if (!from) return;
    if (session && from !== session) close(); // another kernel process answers under the same name
    session = from;
  };
  const seen = () => (lastSeen = Date.now());
  const onStatus = (_kernel, status) => GONE.has(status) && close();
  const onComm = (of) => of?.comm_live === false && close();

  const watch = (visible) => {
    clearInterval(timer);
    timer = visible ? setInterval(look, LOOK_MS) : null;
    for (const event of ["pointermove", "keydown"]) {
      if (visible) document.addEventListener(event, seen, { passive: true, capture: true });
      else document.removeEventListener(event, seen, { capture: true });
    }
    if (visible) look();
  };

  model.on("msg:custom", hear);
  model.on("comm_live_update", onComm);
  kernel?.statusChanged?.connect(onStatus);
  kernel?.iopubMessage?.connect(onMessage);
  return {
    ask,
    ping: () => Date.now() - lastPing > PING_MS / 2 && liveness === "live" && ping(),
    // Whether somebody is at the page: who polls for show asks nothing while nobody looks.
    present: () => timer !== null && liveness === "live" && Date.now() - lastSeen < PRESENT_MS,
    watch,
    dispose() {
      watch(false);
      model.off("msg:custom", hear);
      model.off("comm_live_update", onComm);
      kernel?.statusChanged?.disconnect(onStatus);
      kernel?.iopubMessage?.disconnect(onMessage);
      waiting.clear();
    },
  };
}

// Have `link` watch its kernel while `root` can be seen; the result ends that.
export function watchWhileSeen(root, link) {
  let inView = false;
  const watch = () => link.watch(inView && document.visibilityState === "visible");
  const observer = new IntersectionObserver((entries) => {
    inView = entries.at(-1).isIntersecting;
    watch();
  });
  observer.observe(root);
  document.addEventListener("visibilitychange", watch);
  return () => {
    observer.disconnect();
    document.removeEventListener("visibilitychange", watch);
  };
}
