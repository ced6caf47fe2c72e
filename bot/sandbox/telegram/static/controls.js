/** The small controls of the drawer. */

import { el } from "./dom.js";

/** A button that cannot be pressed twice while its work is under way. */
export function actionButton(label, run, options = {}) {
  const node = el("button", { type: "button", ...options, class: `button ${options.class ?? ""}` }, label);
  node.addEventListener("click", async () => {
    node.disabled = true;
    try {
      await run();
    } finally {
      node.disabled = false;
    }
  });
  return node;
}

/** A number with its label in front and its unit behind. */
export function numberField(label, name, value, { min = 0, max = 100_000, step = 1, unit = "" } = {}) {
  const input = el("input", { type: "number", name, value: String(value), min: String(min), max: String(max), step: String(step), required: true, inputmode: "decimal" });
  return el("label", { class: "mini" }, label && el("span", { text: label }), input, unit && el("span", { text: unit }));
}

/** A choice; `options` are `[value, label]`. */
export function choice(label, name, options) {
  const select = el("select", { name }, ...options.map(([value, text]) => el("option", { value, text })));
  return el("label", { class: "mini" }, label && el("span", { text: label }), select);
}

/** A row of fields with its button; `run(values)` gets the fields by name. */
export function fieldsForm(fields, submitLabel, run, testid) {
  const form = el("form", { class: "fields", testid }, ...fields, el("button", { type: "submit", class: "button", text: submitLabel }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run(Object.fromEntries(new FormData(form)));
  });
  return form;
}

/** A fault that is in force, with the button that ends it. */
export function activeFault(text, clear) {
  return el("div", { class: "active-fault", testid: "active-fault" }, el("span", { text }), actionButton("Clear", clear, { class: "small" }));
}
