/** Who one is: the choice of persons in the head of a chat, new persons, blocking the bot. */

import { avatar, el, icon } from "./dom.js";
import { fullName } from "./format.js";
import { field, formDialog, openMenu } from "./overlay.js";
import { stars } from "./payment.js";

const LANGUAGES = [
  ["en", "English"], ["de", "Deutsch"], ["es", "Español"], ["tr", "Türkçe"], ["ru", "Русский"], ["th", "ไทย"], ["ar", "العربية"],
];

/** The button in the head of a chat that tells who one is. */
export function personButton(role, onOpen) {
  const slot = el("span", { class: "person-face" });
  const title = role === "operator" ? "Operator" : "Customer";
  const kind = el("small", { text: title });
  const name = el("span", { class: "person-name", dir: "auto", testid: "person-name" });
  const node = el("button", { type: "button", class: "person", "aria-haspopup": "menu", testid: "person-switcher", title: "Whom you are in this chat",
    on: { click: () => onOpen(node) } },
    slot, el("span", { class: "person-words" }, kind, name), icon("chevron"));
  const show = (person) => {
    slot.replaceChildren(avatar(person ? fullName(person) : "?", person?.id));
    kind.textContent = role === "customer" && person?.stars !== undefined ? `${title} · ${stars(person.stars)}` : title;
    name.textContent = person ? fullName(person) : "Nobody yet";
    node.classList.toggle("is-blocking", Boolean(person?.blocked));
  };
  return { node, show };
}

/** The menu behind that button. `actions`: choose(person), create(), block(blocked), copyId(). */
export function personMenu(anchor, people, current, actions) {
  const choices = people.map((person) => ({
    label: fullName(person),
    note: [person.username && `@${person.username}`, person.language_code, person.stars !== undefined && stars(person.stars), person.blocked && "has blocked the bot"].filter(Boolean).join(" · "),
    node: avatar(fullName(person), person.id),
    checked: person.id === current?.id,
    run: () => actions.choose(person),
    testid: "person-choice",
  }));
  const own = current && [
    "-",
    { label: `Copy id ${current.id}`, icon: "copy", run: actions.copyId },
    current.blocked
      ? { label: "Unblock the bot", icon: "unblock", run: () => actions.block(false), testid: "unblock" }
      : { label: "Block the bot", icon: "block", danger: true, run: () => actions.block(true), testid: "block" },
  ];
  const create = { label: "New person…", icon: "person-add", run: actions.create, testid: "new-person" };
  return openMenu(anchor, [...choices, create, ...(own || [])], { label: "Who you are" });
}

/** Asks for a new person; resolves to what `POST /chat/people` wants, or null. */
export async function askPerson(role) {
  const languages = LANGUAGES.map(([code, name]) => el("option", { value: code, text: name }));
  const answers = await formDialog(role === "operator" ? "New operator" : "New customer", [
    field("First name", el("input", { name: "first_name", required: true, maxlength: "64", autocomplete: "off", autofocus: true, dir: "auto" })),
    field("User name (may be empty)", el("input", { name: "username", maxlength: "32", pattern: "[A-Za-z0-9_]*", autocomplete: "off" })),
    field("Language", el("select", { name: "language_code" }, ...languages)),
    role === "operator" && operatorId(),
  ].filter(Boolean), "Create");
  if (!answers) return null;
  const { id, username, ...rest } = answers;
  return { ...rest, role, ...(username ? { username } : {}), ...(id ? { id: Number(id) } : {}) };
}

function operatorId() {
  return field("Id, as in the bot’s OPERATOR_IDS (may be empty)", el("input", { name: "id", type: "number", min: "1", inputmode: "numeric" }));
}
