// What stands in for Jupyter in an exported page: models that nobody but the page has.

class PageModel {
  constructor(state, models) {
    this.state = state;
    this.listeners = {};
    this.hasKernel = false;
    this.widget_manager = { get_model: async (id) => models[id] };
  }

  get(name) {
    return this.state[name];
  }

  set(name, value) {
    if (this.state[name] === value) return;
    this.state[name] = value;
    for (const listener of this.listeners[`change:${name}`] ?? []) listener();
  }

  save_changes() {}

  on(event, listener) {
    this.listeners[event] = [...(this.listeners[event] ?? []), listener];
  }

  off(event, listener) {
    this.listeners[event] = (this.listeners[event] ?? []).filter((other) => other !== listener);
  }
}

function decode(_key, value) {
  if (typeof value?.base64 !== "string") return value;
  return new DataView(Uint8Array.from(atob(value.base64), (letter) => letter.charCodeAt(0)).buffer);
}

const page = JSON.parse(document.getElementById("state").textContent, decode);
const pageModels = {};
for (const [id, state] of Object.entries(page.models)) pageModels[id] = new PageModel(state, pageModels);
const shown = pageModels[page.shown];
await widget.initialize?.({ model: shown });
await widget.render({ model: shown, el: document.getElementById("place") });
