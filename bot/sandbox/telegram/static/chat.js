/** The page: two chats side by side or behind tabs, the theme, and the drawer. */

import { memory } from "./dom.js";
import { Drawer } from "./drawer.js";
import { Pane } from "./pane.js";
import { getJson, postJson } from "./wire.js";

const ROLES = ["customer", "operator"];
const RETRY_MS = 1500;
const wide = matchMedia("(min-width: 900px)");
const dark = matchMedia("(prefers-color-scheme: dark)");

/** Who and what exists: people, the bot, its process, the panels. Panes ask here and are told when it changes. */
class Directory {
  people = [];
  bot = { name: "", username: "", description: "", token_seen: true };
  process = { running: false, controllable: false };
  panels = [];
  onChange = () => {};
  onChoose = () => {};

  async load() {
    const [{ people, bot }, drawer] = await Promise.all([getJson("/chat/people"), getJson("/drawer")]);
    Object.assign(this, { people, bot, process: drawer.bot, panels: drawer.panels });
    this.onChange();
  }

  async create(wish) {
    const person = await postJson("/chat/people", wish);
    await this.load();
    return person;
  }

  patch(id, change) {
    this.people = this.people.map((person) => (person.id === id ? { ...person, ...change } : person));
    this.onChange();
  }

  /** Looks again; false when the server is away: it is asked another time. */
  async reload() {
    try {
      await this.load();
      return true;
    } catch (error) {
      if (error.name !== "WireError") throw error;
      return false;
    }
  }

  choose(pane, person) {
    this.onChoose(pane, person);
  }
}

function build() {
  const directory = new Directory();
  const stage = document.querySelector("#stage");
  const panes = ROLES.map((role) => new Pane(role, directory, (pane) => countUnread(pane)));
  stage.prepend(...panes.map((pane) => pane.node));
  directory.onChoose = (pane, person) => {
    memory.set(`person.${pane.role}`, String(person.id));
    pane.become(person);
  };
  wireTabs();
  wireTheme();
  new Drawer(document.querySelector("#drawer"), document.querySelector("#drawer-toggle"), directory);
  return { directory, panes };
}

/** The first load repeats itself until the server is there. */
async function start({ directory, panes }) {
  try {
    await directory.load();
  } catch (error) {
    if (error.name !== "WireError") throw error;
    setTimeout(() => start({ directory, panes }), RETRY_MS);
    return;
  }
  for (const pane of panes) pane.become(remembered(directory.people, pane.role));
  directory.onChange = () => panes.forEach((pane) => pane.follow());
}

function remembered(people, role) {
  const own = people.filter((person) => person.role === role);
  return own.find((person) => String(person.id) === memory.get(`person.${role}`)) ?? own[0] ?? null;
}

function wireTabs() {
  for (const role of ROLES) tab(role).addEventListener("click", () => showTab(role));
  showTab(memory.get("tab") ?? "customer");
  wide.addEventListener("change", () => clearUnread());
}

const tab = (role) => document.querySelector(`#tab-${role}`);

function showTab(shown) {
  document.querySelector("#stage").dataset.shown = shown;
  for (const role of ROLES) tab(role).setAttribute("aria-pressed", String(role === shown));
  memory.set("tab", shown);
  clearUnread(shown);
}

function countUnread(pane) {
  if (wide.matches || document.querySelector("#stage").dataset.shown === pane.role) return;
  const badge = tab(pane.role).querySelector(".badge");
  badge.textContent = String(Number(badge.textContent) + 1);
  badge.hidden = false;
}

function clearUnread(only = null) {
  for (const role of ROLES.filter((each) => !only || each === only)) {
    const badge = tab(role).querySelector(".badge");
    badge.textContent = "";
    badge.hidden = true;
  }
}

function wireTheme() {
  const show = () => {
    const chosen = memory.get("theme");
    document.documentElement.dataset.theme = chosen ?? (dark.matches ? "dark" : "light");
  };
  document.querySelector("#theme-toggle").addEventListener("click", () => {
    memory.set("theme", document.documentElement.dataset.theme === "dark" ? "light" : "dark");
    show();
  });
  dark.addEventListener("change", show);
  show();
}

start(build());
