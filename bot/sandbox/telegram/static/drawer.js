/** Backstage: the drawer that changes the outside world while one chats. It asks for the state every second it is open,
 *  and also closed while a fault waits on all panels for the one order it is meant for. */

import { AllPanels } from "./breaking.js";
import { el, icon } from "./dom.js";
import { FaultsCard } from "./faults.js";
import { toast } from "./overlay.js";
import { PanelCard } from "./panel.js";
import { StarsCard } from "./stars.js";
import { getJson, postJson } from "./wire.js";

const POLL_MS = 1000;
/** Between the order that a fault struck and the next one the other panels are to be mended. */
const ARMED_POLL_MS = 250;

export class Drawer {
  #node;
  #toggle;
  #directory;
  #timer = 0;
  #cards = el("div", { class: "panel-cards" });
  #panels = new Map();
  #all = new AllPanels(() => [...this.#panels.values()], (run) => this.act(run));
  #bot;
  #faults;
  #stars;

  constructor(node, toggle, directory) {
    this.#node = node;
    this.#toggle = toggle;
    this.#directory = directory;
    this.#bot = new BotCard((path) => this.act(() => postJson(path)));
    this.#faults = new FaultsCard((run) => this.act(run), directory);
    this.#stars = new StarsCard((run) => this.act(run), directory);
    node.querySelector(".drawer-body").append(this.#bot.node, this.#all.node, this.#cards, this.#stars.node, this.#faults.node);
    toggle.addEventListener("click", () => this.#set(!this.isOpen));
    node.querySelector("#drawer-close").addEventListener("click", () => this.#set(false));
    document.querySelector("#backdrop").addEventListener("click", () => this.#set(false));
    node.addEventListener("keydown", (event) => event.key === "Escape" && this.#set(false));
  }

  get isOpen() {
    return document.documentElement.classList.contains("drawer-open");
  }

  /** Runs something that changes the world, tells why it failed, and looks again at once. */
  async act(run) {
    try {
      await run();
    } catch (error) {
      if (error.name !== "WireError") throw error;
      toast(this.#node, error.message);
    }
    await this.#look();
  }

  #set(open) {
    document.documentElement.classList.toggle("drawer-open", open);
    this.#toggle.setAttribute("aria-expanded", String(open));
    this.#node.inert = !open;
    if (!open) return this.#toggle.focus();
    this.#node.querySelector("#drawer-close").focus({ preventScroll: true });
    return this.#poll();
  }

  async #poll() {
    clearTimeout(this.#timer);
    const { armed } = this.#all;
    if (!this.isOpen && !armed) return;
    if (!document.hidden || armed) await this.#look();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#poll(), this.#all.armed ? ARMED_POLL_MS : POLL_MS);
  }

  async #look() {
    const quiet = (promise) => promise.catch((error) => (error.name === "WireError" ? null : Promise.reject(error)));
    const { armed } = this.#all;
    const [here, faults, paid] = await Promise.all([this.#directory.reload(), quiet(getJson("/faults")), quiet(getJson("/payments"))]);
    this.#node.classList.toggle("offline", !here);
    if (faults) this.#faults.update(faults);
    if (faults) this.#stars.update(faults, paid?.payments);
    if (!here) return;
    this.#bot.update(this.#directory.process);
    this.#sync(this.#directory.panels);
    this.#all.node.hidden = this.#panels.size === 0;
    const found = await Promise.all([...this.#panels.values()].map((card) => quiet(card.refresh())));
    if (armed) await quiet(this.#all.settle(armed, found));
  }

  #sync(panels) {
    const urls = new Set(panels.map(({ url }) => url));
    for (const [url, card] of this.#panels) {
      if (urls.has(url)) continue;
      card.node.remove();
      this.#panels.delete(url);
    }
    for (const panel of panels.filter(({ url }) => !this.#panels.has(url))) this.#add(panel);
  }

  #add(panel) {
    const card = new PanelCard(panel, (run) => this.act(run), () => this.#all.disarm());
    this.#panels.set(panel.url, card);
    this.#cards.append(card.node);
  }
}

/** The bot's process: how it is, and the three things one can do to it. */
class BotCard {
  #dot = el("span", { class: "state-dot" });
  #words = el("strong", { testid: "bot-running" });
  #buttons;

  constructor(post) {
    const button = (verb, name, label, kind) => el("button", { type: "button", class: `button ${kind}`, testid: `bot-${verb}`, on: { click: () => post(`/drawer/bot/${verb}`) } }, icon(name), label);
    this.#buttons = { kill: button("kill", "bolt", "Kill", "danger"), stop: button("stop", "stop", "Stop", ""), start: button("start", "play", "Start", "primary") };
    this.node = el("section", { class: "card", testid: "bot-card", hidden: true, "aria-label": "The bot’s process" },
      el("div", { class: "card-line" }, this.#dot, this.#words, el("span", { class: "spacer" }), ...Object.values(this.#buttons)),
      el("p", { class: "hint", text: "Kill pulls the plug in the middle of everything. Stop lets it finish what it has begun." }));
  }

  update({ running, controllable }) {
    this.node.hidden = !controllable;
    this.#dot.classList.toggle("on", running);
    this.#words.textContent = running ? "Bot runs" : "Bot stopped";
    this.#buttons.kill.hidden = !running;
    this.#buttons.stop.hidden = !running;
    this.#buttons.start.hidden = running;
  }
}
