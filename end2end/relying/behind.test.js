// Ligature behind reverse proxies that nobody here wrote, set up as the how-to says: its snippets are run.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client, answers, freePort, start, world } from '../tests/world.js';

const root = new URL('../../', import.meta.url).pathname;
const proxies = process.env.LIGATURE_PROXIES;

/** The block of the how-to in a language, with other addresses. */
function snippet(language, addresses) {
  const text = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms').exec(readFileSync(`${root}docs/how-to/run-behind-a-proxy.md`, 'utf8'))[1];
  return Object.entries(addresses).reduce((all, [from, to]) => {
    assert.ok(all.includes(from), `the how-to has no ${from}`);
    return all.replaceAll(from, to);
  }, text);
}

/** Ligature at a port of its own, and a proxy at the public address. */
async function behind(t, run) {
  const port = await freePort(1);
  const w = await world(async (seed, environment, begun) => {
    environment.SERVER__LISTEN = `127.0.0.1:${port}`;
    environment.SERVER__TRUSTED_PROXIES = '127.0.0.1/32';
    t.after(() => begun.stop());
    run(begun, `127.0.0.1:${port}`);
  });
  // The proxy answers before the server listens: with 502.
  await answers(`http://127.0.0.1:${port}/healthz`);
  return { w, port };
}

/** A person signs in by a provider through the proxy, and the page is really the proxy's. */
async function journey({ w, port }, server) {
  const client = new Client();
  const begin = await client.send(`${w.url}/fn/signin/provider`, { method: 'POST', headers: { origin: w.url, 'content-type': 'application/x-www-form-urlencoded' }, body: 'provider=meridian' });
  assert.ok(begin.location, `${begin.status} ${begin.body}`);
  const page = await client.follow(await client.send(`${begin.location}&_who=m-anna`));
  assert.equal(page.url, `${w.url}/account`, page.body);
  const through = await fetch(`${w.url}/healthz`);
  assert.match(`${through.headers.get('server')} ${through.headers.get('via')}`, server);
  // Asked under the proxy's own address instead of the public one, the server would serve nobody.
  assert.equal((await fetch(`http://127.0.0.1:${port}/login`)).status, 421);
}

test('nginx, as the how-to has it, hands a sign-in by a provider through', async (t) => {
  await journey(await behind(t, (w, address) => {
    const text = snippet('nginx', { 'listen 443 ssl http2': `listen 127.0.0.1:${w.port}`, 'server_name login.example.com': 'server_name 127.0.0.1', 'Host $host': `Host $host:${w.port}`, '127.0.0.1:8080': address });
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((n) => `${n}_temp_path ${w.folder}/nginx-${n};`).join(' ');
    writeFileSync(join(w.folder, 'nginx.conf'), `${process.getuid() === 0 ? 'user root;' : ''} daemon off; worker_processes 1; pid ${w.folder}/nginx.pid; error_log stderr; events {}\nhttp { access_log off; ${temporary}\n${text}\n}`);
    start(w, join(proxies, 'usr/sbin/nginx'), ['-p', w.folder, '-c', join(w.folder, 'nginx.conf'), '-e', 'stderr'], { detached: true });
  }), /nginx/);
});

test('Caddy, as the how-to has it, hands a sign-in by a provider through', async (t) => {
  await journey(await behind(t, (w, address) => {
    const text = snippet('caddyfile', { 'login.example.com {': `${w.url} {`, '127.0.0.1:8080': address });
    writeFileSync(join(w.folder, 'Caddyfile'), `{\n\tadmin off\n\tauto_https off\n}\n${text}`);
    start(w, join(proxies, 'usr/bin/caddy'), ['run', '--config', join(w.folder, 'Caddyfile'), '--adapter', 'caddyfile'], { env: { ...process.env, HOME: w.folder }, detached: true });
  }), /Caddy/);
});
