// Makes the page from the document that the same server gives. Everything is set as text, nothing as markup.
"use strict";

/** Longest answer that is shown, in characters. */
const SHOWN = 100000;

function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function anchor(reference) {
  const name = reference.split("/").pop();
  return make("a", { href: `#schema-${name}` }, name);
}

/** A schema in a few words. */
function words(schema) {
  if (!schema || schema === true) return ["anything"];
  if (schema.$ref) return [anchor(schema.$ref)];
  const many = schema.oneOf || schema.anyOf;
  if (many && many.length <= 8) return many.flatMap((one, n) => (n ? [" or ", ...words(one)] : words(one)));
  if (schema.enum) return [schema.enum.map(String).join(" | ")];
  if ("const" in schema) return [JSON.stringify(schema.const)];
  if (schema.type === "array") return ["list of ", ...words(schema.items)];
  const bounds = ["minimum", "maximum", "minLength", "maxLength", "maxItems", "pattern"]
    .filter((key) => key in schema)
    .map((key) => `${key} ${schema[key]}`);
  const type = [].concat(schema.type || "object").join(" or ");
  return [bounds.length ? `${type} (${bounds.join(", ")})` : type];
}

function members(schema) {
  const required = new Set(schema.required || []);
  const rows = Object.entries(schema.properties || {}).map(([name, member]) =>
    make("tr", {},
      make("td", {}, make("code", {}, name), required.has(name) ? "" : make("span", { class: "dim" }, " may be absent")),
      make("td", {}, ...words(member)),
      make("td", {}, member.description || "")));
  return rows.length ? make("table", {}, make("tbody", {}, ...rows)) : make("p", {}, ...words(schema));
}

function parameters(list) {
  if (!list.length) return "";
  const rows = list.map((p) =>
    make("tr", {},
      make("td", {}, make("code", {}, p.name), p.required ? "" : make("span", { class: "dim" }, " optional")),
      make("td", {}, p.in),
      make("td", {}, ...words(p.schema)),
      make("td", {}, p.description || "")));
  const head = make("tr", {}, ...["name", "in", "form", "what it is"].map((text) => make("th", { scope: "col" }, text)));
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
}

function answers(responses) {
  const rows = Object.entries(responses).map(([status, response]) => {
    const kinds = Object.entries(response.content || {}).flatMap(([kind, body], n) =>
      [n ? ", " : "", `${kind}: `, ...words(body.schema)]);
    return make("tr", {}, make("td", {}, status), make("td", {}, response.description), make("td", {}, ...kinds));
  });
  return make("table", {}, make("tbody", {}, ...rows));
}

/** A form that sends the request, and shows the answer. */
function trial(method, path, list, body) {
  const fields = list.map((p) => {
    const input = make("input", { "aria-label": p.name, placeholder: p.name, value: p.in === "path" ? p.example ?? "" : "" });
    return { p, input };
  });
  const text = body && make("textarea", { "aria-label": "body", spellcheck: "false" }, body);
  const shown = make("pre", { hidden: "", tabindex: "0" });
  const send = make("button", { type: "button" }, "Send");
  send.addEventListener("click", async () => {
    const query = new URLSearchParams();
    const headers = {};
    let target = path;
    for (const { p, input } of fields) {
      if (p.in === "path") target = target.replace(`{${p.name}}`, encodeURI(input.value));
      else if (input.value && p.in === "query") query.set(p.name, input.value);
      else if (input.value) headers[p.name] = input.value;
    }
    if (body) headers["content-type"] = "application/json";
    shown.hidden = false;
    shown.textContent = "…";
    try {
      const url = query.size ? `${target}?${query}` : target;
      const answer = await fetch(url, { method: method.toUpperCase(), headers, body: text ? text.value : undefined });
      let said = await answer.text();
      try { said = JSON.stringify(JSON.parse(said), null, 2); } catch { /* no JSON: shown as it is */ }
      shown.textContent = `${answer.status} ${answer.headers.get("content-type") || ""}\n\n${said.slice(0, SHOWN)}`;
    } catch (why) {
      shown.textContent = String(why);
    }
  });
  return make("div", {}, make("h4", {}, "Try it"), ...fields.flatMap((f) => [f.input, " "]), text || "", send, shown);
}

function route(path, method, operation, schemas) {
  const list = operation.parameters || [];
  const content = operation.requestBody && Object.values(operation.requestBody.content)[0];
  const named = content && content.schema && content.schema.$ref && schemas[content.schema.$ref.split("/").pop()];
  const example = named && JSON.stringify(named.example ?? {}, null, 2);
  const endless = path === "/v1/subscribe";
  return make("details", { "data-words": `${method} ${path} ${operation.summary || ""}`.toLowerCase() },
    make("summary", {},
      make("span", { class: `method ${method}` }, method.toUpperCase()),
      make("span", { class: "path" }, path), " ",
      make("span", { class: "dim" }, operation.summary || "")),
    operation.description ? make("p", {}, operation.description) : "",
    parameters(list),
    content ? make("p", {}, "Body: ", ...words(content.schema)) : "",
    answers(operation.responses),
    endless ? make("p", { class: "dim" }, "An answer without an end is not tried here.") : trial(method, path, list, example));
}

async function main() {
  const api = await (await fetch("/openapi.json")).json();
  const schemas = api.components.schemas;
  document.getElementById("title").textContent = `${api.info.title} ${api.info.version}`;
  document.getElementById("about").prepend(`${api.info.description} `);
  const groups = new Map();
  for (const [path, item] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      const tag = (operation.tags || ["other"])[0];
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push(route(path, method, operation, schemas));
    }
  }
  const main = document.getElementById("routes");
  for (const [tag, routes] of groups) main.append(make("section", {}, make("h2", {}, tag), ...routes));
  const list = document.getElementById("schemas");
  for (const [name, schema] of Object.entries(schemas)) {
    list.append(make("details", { id: `schema-${name}`, "data-words": name.toLowerCase() },
      make("summary", {}, make("code", {}, name), " ", make("span", { class: "dim" }, schema.description || "")),
      members(schema)));
  }
  const find = document.getElementById("find");
  find.addEventListener("input", () => {
    const word = find.value.toLowerCase();
    for (const one of document.querySelectorAll("[data-words]")) one.hidden = !one.dataset.words.includes(word);
    for (const group of main.children) group.hidden = !group.querySelector("[data-words]:not([hidden])");
  });
  const follow = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target) { target.open = true; target.scrollIntoView(); }
  };
  addEventListener("hashchange", follow);
  follow();
}

main().catch((why) => document.getElementById("routes").append(make("p", {}, `openapi.json could not be read: ${why}`)));
