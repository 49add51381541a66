// Relying parties and reverse proxies that nobody here wrote, set up as the how-tos say: their snippets are run.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, request as ask } from 'node:http';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { Client, answers, code, freePort, python, start, world } from '../tests/world.js';

const root = new URL('../../', import.meta.url).pathname;
const proxies = process.env.LIGATURE_PROXIES;
const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

/** A client that says what browsers say of a page that is opened; `fetch` always says that a script asks. */
class Opener extends Client {
  async send(url, { method = 'GET', headers = {}, body = '' } = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await new Promise((resolve, reject) => {
      ask(url, { method, headers: { ...HTML, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', ...(cookie ? { cookie } : {}), ...headers } }, resolve).once('error', reject).end(body);
    });
    let text = '';
    for await (const part of response.setEncoding('utf8')) text += part;
    for (const set of response.headers['set-cookie'] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set);
      if (/max-age=0|expires=thu, 01/i.test(set) || value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return { status: response.statusCode, url, location: response.headers.location ?? null, body: text, user: response.headers['x-remote-user'] };
  }
}

/** A how-to's block in a language, with other addresses. */
function snippet(file, language, addresses) {
  const text = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms').exec(readFileSync(`${root}docs/how-to/${file}`, 'utf8'))[1];
  return Object.entries(addresses).reduce((all, [from, to]) => {
    assert.ok(all.includes(from), `${file} has no ${from}`);
    return all.replaceAll(from, to);
  }, text);
}

/** Ligature with an application at a free port. */
async function withApplication(t, client, settings = {}) {
  const port = await freePort(1);
  const home = `http://127.0.0.1:${port}`;
  const w = await world((seed) => {
    const { redirect = '/cb', back } = settings;
    seed.applications.push({
      client_id: client, name: client, secret: 'rp:se%cret', redirect_uris: [`${home}${redirect}`],
      settings: { post_logout_redirect_uris: [`${home}/`], ...(back ? { backchannel_logout_uri: `${home}${back}` } : {}) },
    });
  });
  t.after(w.stop);
  return { w, port, home, env: { ...process.env, SECRET: 'rp:se%cret', COOKIE_KEY: 'a key of this test', PORT: String(port) } };
}

/** From the application to the sign-in page, through a provider that is linked from then on, and back. */
async function signIn(w, client, url, who = 'm-anna', proves = true) {
  const login = await client.follow(await client.send(url, { headers: HTML }));
  assert.ok(login.url.startsWith(`${w.url}/login`), `${login.url} ${login.body}`);
  const entry = new URL(login.url).searchParams.get('entry');
  const started = await client.send(`${w.url}/fn/signin/provider`, { method: 'POST', headers: { origin: w.url, 'content-type': 'application/x-www-form-urlencoded' }, body: `provider=meridian&entry=${entry}` });
  const page = await client.follow(await client.send(`${started.location}&_who=${who}`));
  if (!page.url.startsWith(`${w.url}/address`)) return page;
  // The provider's word for the address is not ours: a code proves it, or the application goes without.
  const send = (path, fields) => client.send(`${w.url}${path}`, { method: 'POST', headers: { origin: w.url, 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams(fields).toString() });
  const request = new URL(page.url).searchParams.get('entry');
  if (!proves) return client.follow(await send('/fn/address', { entry: request, answer: 'without' }));
  const typed = await client.follow(await send('/fn/address', { entry: request, answer: 'send' }));
  return client.follow(await send('/fn/attempt/code', { attempt: typed.url.split('/').at(-2), code: await code(w, 'anna@example.test', 1) }));
}

/** Out by the application's own way, and really out: it asks for a sign-in again. */
async function signOut(w, client, url, home) {
  const out = await client.follow(await client.send(url, { headers: HTML }));
  assert.ok(out.url.startsWith(w.url) || out.url.startsWith(new URL(home).origin), out.url);
  const again = await client.follow(await client.send(home, { headers: HTML }));
  assert.ok(again.url.startsWith(`${w.url}/login`), `still signed in: ${again.url} ${again.body}`);
}

test('ZI-02 CF-05 npm openid-client, as the how-to has it, signs a person in through a linked provider and out', async (t) => {
  const { w, home, env } = await withApplication(t, 'photos');
  const text = snippet('protect-an-application.md', 'js', {
    'https://login.example.com': w.url,
    'https://photos.example.com': home,
    // Without TLS, which the library refuses unless told.
    'oidc.ClientSecretBasic(process.env.SECRET)': 'oidc.ClientSecretBasic(process.env.SECRET), { execute: [oidc.allowInsecureRequests] }',
  });
  symlinkSync(`${root}end2end/node_modules`, join(w.folder, 'node_modules'));
  writeFileSync(join(w.folder, 'photos.mjs'), text);
  start(w, process.execPath, ['photos.mjs'], { cwd: w.folder, env });
  await answers(`${home}/cb`);
  const client = new Client();
  const page = await signIn(w, client, `${home}/`);
  assert.deepEqual([page.url, page.body], [`${home}/`, 'Hello anna@example.test']);
  await signOut(w, client, `${home}/out`, `${home}/`);
});

test('ZI-02 CF-05 Python Authlib, as the how-to has it, signs a person in through a linked provider and out', async (t) => {
  const { w, home, env } = await withApplication(t, 'photos');
  writeFileSync(join(w.folder, 'photos.py'), snippet('protect-an-application.md', 'python', { 'https://login.example.com': w.url, 'https://photos.example.com': home }));
  start(w, python, ['photos.py'], { cwd: w.folder, env });
  await answers(`${home}/cb`);
  const client = new Client();
  const page = await signIn(w, client, `${home}/`);
  assert.deepEqual([page.url, page.body], [`${home}/`, 'Hello anna@example.test']);
  await signOut(w, client, `${home}/out`, `${home}/`);
});

test('ZI-02 CF-05 Apache mod_auth_openidc, as the how-to has it, signs a person in and out, and hears of a sign-out elsewhere', async (t) => {
  const { w, port, home, env } = await withApplication(t, 'photos', { redirect: '/private/cb', back: '/private/cb?logout=backchannel' });
  const text = snippet('protect-an-application.md', 'apache', { 'https://login.example.com': w.url, 'https://photos.example.com': home });
  const pages = join(w.folder, 'pages/private');
  mkdirSync(pages, { recursive: true });
  writeFileSync(join(pages, 'index.html'), 'the private page');
  writeFileSync(join(w.folder, 'pages/index.html'), 'outside');
  const modules = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'dir', 'env', 'headers', 'rewrite', 'auth_openidc'];
  writeFileSync(join(w.folder, 'apache.conf'), [
    `ServerRoot ${w.folder}`, 'ServerName 127.0.0.1', `Listen 127.0.0.1:${port}`, `PidFile ${w.folder}/pid`, `Mutex file:${w.folder} default`, `ErrorLog ${w.folder}/errors`,
    ...(process.getuid() === 0 ? ['User www-data', 'Group www-data'] : []),
    ...modules.map((m) => `LoadModule ${m}_module /usr/lib/apache2/modules/mod_${m}.so`),
    `DocumentRoot ${w.folder}/pages`, 'StartServers 1', 'DirectoryIndex index.html', `<Directory ${w.folder}/pages>`, 'Require all granted', '</Directory>', text,
    // What the private page would see.
    '<Location /private/>', 'Header set X-Remote-User "expr=%{REMOTE_USER}"', '</Location>',
  ].join('\n'));
  // Its workers are somebody else when it is started by root.
  if (process.getuid() === 0) chmodSync(w.folder, 0o777);
  start(w, '/usr/sbin/apache2', ['-DFOREGROUND', '-f', join(w.folder, 'apache.conf')], { env, detached: true });
  await answers(home);
  const client = new Opener();
  const page = await signIn(w, client, `${home}/private/`);
  assert.deepEqual([page.url, page.body, page.user], [`${home}/private/`, 'the private page', 'anna@example.test']);
  await signOut(w, client, `${home}/private/cb?logout=${encodeURIComponent(`${home}/`)}`, `${home}/private/`);
  // Signed in once more, and out at Ligature's own page: the module hears of it from the server.
  const other = new Opener();
  assert.equal((await signIn(w, other, `${home}/private/`)).body, 'the private page');
  await other.send(`${w.url}/fn/signout`, { method: 'POST', headers: { origin: w.url, 'content-type': 'application/x-www-form-urlencoded' }, body: '' });
  let gone = false;
  for (let tries = 0; tries < 400 && !gone; tries += 1) {
    gone = (await other.send(`${home}/private/`)).status === 302;
    if (!gone) await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.ok(gone, 'the session at the application ended');
});

/** Something that speaks no OpenID: it shows what it is told. */
async function wiki(t) {
  const told = [];
  const server = createServer((request, response) => {
    told.push(request.url);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ url: request.url, headers: request.headers }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { address: `127.0.0.1:${server.address().port}`, told };
}

/** What every proxy has to do. */
async function guarded(w, home, behind) {
  const nobody = await fetch(`${home}/page`, { redirect: 'manual', headers: { accept: 'application/json', 'remote-user': 'root' } });
  assert.equal(nobody.status, 401);
  assert.deepEqual(behind.told, [], 'nothing got through');
  const client = new Client();
  const page = await signIn(w, client, `${home}/page?x=1&y=2`, 'm-anna', false);
  assert.equal(page.url, `${home}/page?x=1&y=2`, page.body);
  const { headers } = JSON.parse(page.body);
  // The address is a provider's word, which is told to nobody as proved.
  assert.deepEqual([headers['remote-name'], headers['remote-email'] ?? ''], ['Anna Berg', '']);
  assert.match(headers['remote-subject'], /^[\w-]{26}$/);
  assert.equal(headers['remote-user'], headers['remote-subject']);
  const spoofed = await client.send(`${home}/api`, { headers: { 'remote-user': 'root', 'remote-groups': 'owner', 'remote-subject': 'x', remote_user: 'root', 'x-forwarded-method': 'GET', 'x-forwarded-uri': '/evil', 'x-forwarded-host': 'evil.test' } });
  const seen = JSON.parse(spoofed.body).headers;
  assert.deepEqual([seen['remote-user'], seen['remote-subject'], seen['remote-groups'] ?? ''], [headers['remote-subject'], headers['remote-subject'], '']);
  const out = await client.follow(await client.send(`${home}/.ligature/out`, { headers: HTML }));
  assert.ok(out.url.startsWith(`${w.url}/logout`) && /name="/.test(out.body), out.url);
  assert.equal((await client.send(`${home}/api`, { headers: { accept: 'application/json' } })).status, 401, 'out here');
  // Still signed in at Ligature, the page comes back without a question; out there, it is out here.
  assert.equal((await client.follow(await client.send(`${home}/back`, { headers: HTML }))).url, `${home}/back`);
  await client.send(`${w.url}/fn/signout`, { method: 'POST', headers: { origin: w.url, 'content-type': 'application/x-www-form-urlencoded' }, body: '' });
  const asked = await client.follow(await client.send(`${home}/page`, { headers: HTML }));
  assert.ok(asked.url.startsWith(`${w.url}/login`), asked.url);
  return seen;
}

test('nginx auth_request, as the how-to has it, lets nobody through but who is signed in, and no header of theirs', async (t) => {
  const behind = await wiki(t);
  const { w, port, home } = await withApplication(t, 'wiki', { redirect: '/.ligature/callback' });
  const text = snippet('guard-with-a-proxy.md', 'nginx', {
    'listen 443 ssl': `listen 127.0.0.1:${port}`, 'https://login.example.com': w.url, 'Host login.example.com': `Host ${new URL(w.url).host}`, '127.0.0.1:8080': behind.address,
  });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((n) => `${n}_temp_path ${w.folder}/nginx-${n};`).join(' ');
  writeFileSync(join(w.folder, 'nginx.conf'), `${process.getuid() === 0 ? 'user root;' : ''} daemon off; worker_processes 1; pid ${w.folder}/nginx.pid; error_log stderr; events {}\nhttp { access_log off; ${temporary}\n${text}\n}`);
  start(w, join(proxies, 'usr/sbin/nginx'), ['-p', w.folder, '-c', join(w.folder, 'nginx.conf'), '-e', 'stderr'], { detached: true });
  await answers(`${home}/.ligature/callback`);
  const seen = await guarded(w, home, behind);
  assert.equal(seen.remote_user, undefined, 'a header that some applications take for the real one');
});

test('Caddy forward_auth, as the how-to has it, lets nobody through but who is signed in, and no header of theirs', async (t) => {
  const behind = await wiki(t);
  const { w, home } = await withApplication(t, 'wiki', { redirect: '/.ligature/callback' });
  const text = snippet('guard-with-a-proxy.md', 'caddyfile', {
    'wiki.example.com {': `${home} {`, 'https://login.example.com': w.url, 'Host login.example.com': `Host ${new URL(w.url).host}`, '127.0.0.1:8080': behind.address,
  });
  writeFileSync(join(w.folder, 'Caddyfile'), `{\n\tadmin off\n\tauto_https off\n}\n${text}`);
  start(w, join(proxies, 'usr/bin/caddy'), ['run', '--config', join(w.folder, 'Caddyfile'), '--adapter', 'caddyfile'], { env: { ...process.env, HOME: w.folder }, detached: true });
  await answers(`${home}/.ligature/callback`);
  await guarded(w, home, behind);
});

test('Traefik forwardAuth, as the how-to has it, lets nobody through but who is signed in, and no header of theirs', async (t) => {
  const traefik = join(dirname(python), 'traefik');
  if (!existsSync(traefik)) return t.skip('no Traefik for this machine');
  const behind = await wiki(t);
  const { w, port, home } = await withApplication(t, 'wiki', { redirect: '/.ligature/callback' });
  const text = snippet('guard-with-a-proxy.md', 'yaml', { 'Host(`wiki.example.com`)': 'Host(`127.0.0.1`)', 'https://login.example.com': w.url, '127.0.0.1:8080': behind.address });
  writeFileSync(join(w.folder, 'wiki.yaml'), text);
  writeFileSync(join(w.folder, 'traefik.yaml'), JSON.stringify({ entryPoints: { web: { address: `127.0.0.1:${port}` } }, providers: { file: { filename: join(w.folder, 'wiki.yaml') } }, global: { checkNewVersion: false, sendAnonymousUsage: false } }));
  start(w, traefik, [`--configfile=${join(w.folder, 'traefik.yaml')}`], { env: { ...process.env, HOME: w.folder }, detached: true });
  await answers(home);
  // It listens before it has read its routes.
  for (let tries = 0; tries < 400 && (await fetch(`${home}/.ligature/callback`, { redirect: 'manual' })).status === 404; tries += 1) await new Promise((resolve) => setTimeout(resolve, 25));
  await guarded(w, home, behind);
});
