/** What lies over a chat: toasts, alert dialogs, menus, the picture viewer. */

import { el, icon, iconButton } from "./dom.js";

const TOAST_MS = 3500;

/** A short notice at the foot of `host`; `action` may be a link shown in it. */
export function toast(host, text, action = null) {
  host.querySelector(":scope > .toast")?.remove();
  const note = el("div", { class: "toast", role: "status", testid: "toast" }, el("span", { dir: "auto", text }), action);
  host.append(note);
  setTimeout(() => note.remove(), Math.max(TOAST_MS, text.length * 60));
  return note;
}

/** An alert of the bot inside one pane: the rest of that pane waits until it is closed. */
export function alertDialog(pane, title, text) {
  const before = document.activeElement;
  const blocked = [...pane.children].filter((child) => !child.classList.contains("toast"));
  const close = () => {
    cover.remove();
    for (const child of blocked) child.inert = false;
    before?.focus({ preventScroll: true });
  };
  const ok = el("button", { type: "button", class: "button primary", text: "OK", testid: "dialog-ok", on: { click: close } });
  const box = el("div", { class: "dialog-box", role: "alertdialog", "aria-modal": "true", "aria-label": title, testid: "dialog" },
    el("h2", { text: title }), el("p", { dir: "auto", text }), el("div", { class: "dialog-buttons" }, ok));
  const cover = el("div", { class: "dialog-cover", on: { keydown: (event) => event.key === "Escape" && close() } }, box);
  for (const child of blocked) child.inert = true;
  pane.append(cover);
  ok.focus();
}

/** A menu next to `anchor`. Items: `{label, icon, run, danger?, checked?, node?}` or "-" for a line. */
export function openMenu(anchor, items, { label, at = null } = {}) {
  const menu = el("div", { class: "menu", role: "menu", popover: "auto", "aria-label": label });
  menu.append(...items.filter(Boolean).map((item) => (item === "-" ? el("hr") : menuItem(item, menu))));
  menu.addEventListener("keydown", (event) => moveInMenu(event, menu));
  menu.addEventListener("toggle", (event) => event.newState === "closed" && menu.remove());
  document.body.append(menu);
  menu.showPopover();
  place(menu, at ?? anchor.getBoundingClientRect());
  menu.querySelector("[role^=menuitem]")?.focus();
  return menu;
}

function menuItem(item, menu) {
  const run = () => {
    menu.hidePopover();
    item.run();
  };
  const role = item.checked === undefined ? "menuitem" : "menuitemradio";
  const checked = item.checked === undefined ? null : String(item.checked);
  const options = { type: "button", class: item.danger ? "menu-item danger" : "menu-item", role, "aria-checked": checked };
  return el("button", { ...options, testid: item.testid, on: { click: run } },
    item.node ?? (item.icon && icon(item.icon)),
    el("span", { class: "menu-label", dir: "auto" }, item.label, item.note && el("small", { text: item.note })),
    item.checked && icon("check"));
}

function place(menu, rect) {
  const box = menu.getBoundingClientRect();
  const below = rect.bottom + 6;
  const top = below + box.height > innerHeight - 8 ? Math.max(8, rect.top - box.height - 6) : below;
  const left = rect.left + box.width > innerWidth - 8 ? rect.right - box.width : rect.left;
  menu.style.top = `${top}px`;
  menu.style.left = `${Math.max(8, Math.min(left, innerWidth - box.width - 8))}px`;
}

function moveInMenu(event, menu) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const items = [...menu.querySelectorAll("[role^=menuitem]")];
  const next = (items.indexOf(document.activeElement) + step + items.length) % items.length;
  items[next].focus();
}

/** A modal form; resolves to its values, or null when it is dismissed. `fields` are ready elements. */
export function formDialog(title, fields, submitLabel) {
  return new Promise((resolve) => {
    const cancel = el("button", { type: "button", class: "button", text: "Cancel", on: { click: () => dialog.close() } });
    const submit = el("button", { type: "submit", class: "button primary", text: submitLabel, testid: "form-submit" });
    const form = el("form", {}, el("h2", { text: title }), ...fields, el("div", { class: "dialog-buttons" }, cancel, submit));
    const dialog = el("dialog", { class: "dialog-box", "aria-label": title, testid: "form-dialog" }, form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      resolve(Object.fromEntries(new FormData(form)));
      dialog.close();
    });
    dialog.addEventListener("close", () => {
      resolve(null);
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** One labelled field of a form; `control` is an input or a select. */
export function field(label, control) {
  return el("label", { class: "field" }, el("span", { text: label }), control);
}

/** A picture over everything; any press or Escape closes it. */
export function showPicture(source, label) {
  const dialog = el("dialog", { class: "viewer", "aria-label": label, testid: "viewer" });
  const close = iconButton("close", "Close", () => dialog.close(), { class: "viewer-close" });
  dialog.append(el("img", { src: source, alt: label }), close);
  dialog.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
