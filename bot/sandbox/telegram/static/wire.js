/** The page's side of the wire: JSON requests and one event stream per chat, reconnected with growing pauses. */

const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 8000;

/** The server said no, or said nothing; `status` is 0 when no answer arrived. */
export class WireError extends Error {
  constructor(message, status) {
    super(message);
    this.name = "WireError";
    this.status = status;
  }
}

export const getJson = (path) => request("GET", path);
export const postJson = (path, body = {}) => request("POST", path, JSON.stringify(body), "application/json");
export const postForm = (path, form) => request("POST", path, form);
export const deleteJson = (path) => request("DELETE", path);

async function request(method, path, body, type) {
  const headers = type ? { "Content-Type": type } : {};
  let response;
  try {
    response = await fetch(path, { method, body, headers });
  } catch {
    throw new WireError("The sandbox does not answer", 0);
  }
  const answer = await readJson(response);
  if (!response.ok) throw new WireError(answer?.error ?? answer?.description ?? `Error ${response.status}`, response.status);
  return answer;
}

async function readJson(response) {
  const text = await response.text();
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

/** Events of one chat until `close()`; `onState(true|false)` tells whether the line is up. */
export class EventStream {
  #path;
  #onEvent;
  #onState;
  #socket = null;
  #timer = 0;
  #failures = 0;
  #closed = false;

  constructor(path, { onEvent, onState }) {
    this.#path = path;
    this.#onEvent = onEvent;
    this.#onState = onState;
    this.#connect();
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket.close();
  }

  #connect() {
    const address = new URL(this.#path, location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    this.#socket = new WebSocket(address);
    this.#socket.addEventListener("message", (message) => this.#receive(message));
    this.#socket.addEventListener("close", () => this.#lost());
  }

  #receive(message) {
    if (this.#closed) return;
    this.#failures = 0;
    this.#onState(true);
    this.#onEvent(JSON.parse(message.data));
  }

  #lost() {
    if (this.#closed) return;
    this.#onState(false);
    this.#timer = setTimeout(() => this.#connect(), pause(this.#failures));
    this.#failures += 1;
  }
}

/** Doubles from try to try, with a spread so that two chats do not knock together. */
function pause(failures) {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures) * (0.75 + Math.random() / 2);
}
