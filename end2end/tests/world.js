// Servers for the tests of this folder: started on free loopback ports, ended with the test.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const bin = process.env.LIGATURE_BIN;
export const python = process.env.LIGATURE_PYTHON ?? 'python3';
export const PASSWORD = 'a long enough password';

/** A free port with the next `room` ones free too, as far as one can tell. */
export async function freePort(room = 8) {
  for (let tries = 0; tries < 50; tries += 1) {
    const base = 20000 + Math.floor(Math.random() * 20000);
    const taken = await Promise.all(Array.from({ length: room }, (_, i) => new Promise((resolve) => {
      const server = createServer().once('error', () => resolve(true)).listen(base + i, '127.0.0.1', () => server.close(() => resolve(false)));
    })));
    if (!taken.includes(true)) return base;
  }
  throw new Error('no free ports');
}

/** Waits for an answer from an address; bounded. */
export async function answers(url) {
  for (let tries = 0; tries < 400; tries += 1) {
    try {
      await fetch(url);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  throw new Error(`${url} does not answer`);
}

/** Starts a program; it ends with `world.stop()`. One with workers is `detached`, so that they end with it. */
export function start(world, command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', process.env.VERBOSE ? 'inherit' : 'ignore'], ...options });
  child.group = options.detached ? -child.pid : child.pid;
  world.children.push(child);
  return child;
}

/** The first output line that holds a text. */
function line(child, text) {
  return new Promise((resolve, reject) => {
    let seen = '';
    child.stdout.on('data', (data) => {
      seen += data;
      const found = seen.split('\n').find((l) => l.includes(text));
      if (found) resolve(found.trim());
    });
    child.once('exit', () => reject(new Error(`ended before it said ${text}: ${seen}`)));
  });
}

/** Ligature with the rehearsal's surroundings. `change(seed, environment, ports)` may change both before the start. */
export async function world(change = () => {}) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const w = { url, port, children: [], app: `http://127.0.0.1:${port + 6}`, mail: `http://127.0.0.1:${port + 5}`, folder: mkdtempSync(join(tmpdir(), 'ligature-')) };
  w.stop = () => {
    for (const child of w.children) {
      try {
        if (child.exitCode === null) process.kill(child.group, 'SIGKILL');
      } catch {
        // It has just ended by itself.
      }
    }
    rmSync(w.folder, { recursive: true, force: true });
  };
  await line(start(w, join(bin, 'rehearsal'), [url, String(port)]), 'rehearsal ready');
  const provider = (key, name, n, more = {}) => ({ key, name, secret: 'rehearsal-secret', settings: { kind: 'oidc', issuer: `http://127.0.0.1:${port + n}`, client_id: 'ligature' }, ...more });
  const seed = {
    preset: 'goss',
    providers: [provider('meridian', 'Meridian', 1, { verified_counts: true }), provider('pigeon', 'Pigeon', 2), provider('harbour', 'Harbour', 3)],
    applications: [{ client_id: 'photos', name: 'Photos', secret: 'photos-demo-secret', redirect_uris: [`${w.app}/cb`] }],
  };
  const environment = { SERVER__PUBLIC_URL: url, SERVER__LISTEN: `127.0.0.1:${port}`, MAIL__SMTP_URL: `smtp://127.0.0.1:${port + 4}`, MAIL__FROM: 'Login <login@example.test>', HTTP_CLIENT__ALLOW_PRIVATE: 'true', DEMO: 'true', LIMITS__HASH_KIB: '1024', LIMITS__MAILS_AN_HOUR: '100', LIMITS__CODES_A_DAY: '100' };
  await change(seed, environment, w);
  const env = { ...process.env };
  for (const [key, value] of Object.entries(environment)) env[`LIGATURE__${key}`] = value;
  const options = { cwd: w.folder, env };
  writeFileSync(join(w.folder, 'seed.json'), JSON.stringify(seed));
  for (const args of [['init'], ['seed', 'seed.json']]) {
    const done = spawnSync(join(bin, 'ligature'), args, { ...options, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`${args[0]}: ${done.stdout}${done.stderr}`);
  }
  w.setup = await line(start(w, join(bin, 'ligature'), ['serve'], options), '/setup?token=');
  await answers(`${url}/healthz`);
  return w;
}

/** The newest code mailed to an address, once there are `n` mails. */
export async function code(w, to, n) {
  for (let tries = 0; tries < 400; tries += 1) {
    // Notices have links, no codes; they may come in between.
    const mails = (await (await fetch(`${w.mail}/mails`)).json()).filter((m) => m.to.includes(to) && !m.text.includes('/undo/'));
    if (mails.length >= n) return mails.at(-1).code;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`no mail number ${n} to ${to}`);
}

/** The newest "this wasn't me" link mailed to an address about something, once there is one. */
export async function undoLink(w, to, about = /./) {
  for (let tries = 0; tries < 400; tries += 1) {
    const mails = (await (await fetch(`${w.mail}/mails`)).json()).filter((m) => m.to.includes(to) && about.test(m.subject));
    const link = mails.map((m) => /http:\S+\/undo\/\S+/.exec(m.text)?.[0]).filter(Boolean).at(-1);
    if (link) return link;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`no link to ${to}`);
}

/** A client that keeps cookies by host name, as browsers do, and follows redirects by hand. */
export class Client {
  cookies = new Map();

  async send(url, options = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', ...options, headers: { ...(cookie ? { cookie } : {}), ...options.headers } });
    for (const set of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set);
      if (/max-age=0/i.test(set) || value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const page = { status: response.status, url, location: response.headers.get('location'), body: await response.text() };
    return page;
  }

  async follow(page) {
    for (let hops = 0; hops < 15 && page.status >= 300 && page.status < 400 && page.location; hops += 1) page = await this.send(new URL(page.location, page.url).href);
    return page;
  }

  async get(url) {
    return this.follow(await this.send(url));
  }

  async post(url, form) {
    return this.follow(await this.send(url, { method: 'POST', headers: { origin: new URL(url).origin, 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams(form).toString() }));
  }
}
