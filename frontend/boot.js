// Loads the bundle and wakes every island on the page; a test waits for data-ready.
import init, * as bundle from './frontend.js';

const children = [];

async function walk(element) {
  if (element.tagName === 'LEPTOS-ISLAND') {
    children.at(-1)?.();
    const wake = bundle[element.dataset.component];
    // The server and the bundle were built from different sources.
    if (!wake) console.error(`island ${element.dataset.component} is not in the bundle`);
    await wake?.(element);
  }
  const slot = element.tagName === 'LEPTOS-CHILDREN';
  if (slot) children.push(element.$$on_hydrate);
  for (const child of element.children) await walk(child);
  if (slot) children.pop();
}

await init({ module_or_path: new URL('frontend_bg.wasm', import.meta.url) });
bundle.hydrate();
await walk(document.body);
document.documentElement.dataset.ready = '1';
