/** The line under the bot's name: online, typing, stopped, restarting, or that the page itself has no connection. */

import { el } from "./dom.js";

const TYPING_MS = 5000;

export class StatusLine {
  #state = { nobody: true, connected: false, online: true, stopped: false, controllable: false, typing: false, seen: true };
  #timer = 0;

  constructor() {
    this.node = el("span", { class: "status", testid: "bot-status" });
  }

  /** Takes what has changed of: nobody, connected, online, stopped, controllable, typing, seen. */
  set(change) {
    Object.assign(this.#state, change);
    const [words, mood] = this.#words();
    this.node.className = `status ${mood}`;
    if (this.node.dataset.words !== words) this.node.replaceChildren(words, mood === "typing" ? dots() : "");
    this.node.dataset.words = words;
  }

  /** Typing fades by itself: a bot repeats it for as long as it needs. */
  typing() {
    clearTimeout(this.#timer);
    this.set({ typing: true });
    this.#timer = setTimeout(() => this.set({ typing: false }), TYPING_MS);
  }

  #words() {
    const { nobody, connected, online, stopped, typing } = this.#state;
    if (nobody) return ["nobody is here yet", "idle"];
    if (!connected) return ["connecting…", "wait"];
    if (stopped) return ["stopped", "wait"];
    if (!online) return [this.#absence(), "wait"];
    return typing ? ["typing", "typing"] : ["online", "good"];
  }

  /** A bot that nobody here started may be away for good. */
  #absence() {
    const { seen, controllable } = this.#state;
    if (!seen) return "waiting for the bot…";
    return controllable ? "restarting…" : "offline";
  }
}

function dots() {
  return el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
}
