// Several processes, and TLS of our own.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request as plain } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { Client, answers, code, freePort, start, world } from './world.js';

const postgres = process.env.LIGATURE_TEST_POSTGRES;

test('LK-09 LK-10 SB-12 RB-13 two processes on one PostgreSQL: codes, tries and ended sessions count on both', { skip: postgres ? false : 'PostgreSQL is not installed' }, async (t) => {
  const name = `e_${randomBytes(6).toString('hex')}`;
  assert.equal(spawnSync('psql', [postgres, '-qc', `CREATE DATABASE ${name}`]).status, 0);
  let environment;
  const w = await world((seed, env) => {
    env.DATABASE__URL = `${postgres.slice(0, postgres.lastIndexOf('/'))}/${name}`;
    environment = env;
  });
  t.after(w.stop);
  const port = await freePort(1);
  const env = { ...process.env };
  for (const [key, value] of Object.entries({ ...environment, SERVER__LISTEN: `127.0.0.1:${port}` })) env[`LIGATURE__${key}`] = value;
  start(w, join(process.env.LIGATURE_BIN, 'ligature'), ['serve'], { cwd: w.folder, env });
  const second = `http://127.0.0.1:${port}`;
  await answers(`${second}/healthz`);
  // The second process serves the same public address; a load balancer would send either.
  const host = new URL(w.url).host;
  const there = (client, path, form) => new Promise((resolve, reject) => {
    const cookie = [...client.cookies].map(([key, value]) => `${key}=${value}`).join('; ');
    const headers = { host, origin: w.url, cookie, 'content-type': 'application/x-www-form-urlencoded' };
    plain({ host: '127.0.0.1', port, path, method: form ? 'POST' : 'GET', headers }, (response) => {
      for (const set of response.headers['set-cookie'] ?? []) {
        const [, key, value] = /^([^=]+)=([^;]*)/.exec(set);
        if (value) client.cookies.set(key, value);
      }
      resolve({ status: response.resume().statusCode, location: response.headers.location });
    }).on('error', reject).end(form ? new URLSearchParams(form).toString() : undefined);
  });
  const signIn = async (client, key, who) => {
    const started = await client.send(`${w.url}/fn/signin/provider`, { method: 'POST', headers: { origin: w.url, 'content-type': 'application/x-www-form-urlencoded' }, body: `provider=${key}` });
    return client.get(`${started.location}&_who=${who}`);
  };
  const first = new Client();
  assert.equal(new URL((await signIn(first, 'meridian', 'm-anna')).url).pathname, '/account');
  const client = new Client();
  const chooser = await signIn(client, 'pigeon', 'p-anna');
  const attempt = new URL(chooser.url).pathname.split('/')[2];
  await client.post(`${w.url}/fn/attempt/pick`, { attempt, pick: 'add_to_existing' });
  const sent = await code(w, 'anna@example.test', 1);
  const thief = new Client();
  assert.match((await there(thief, '/fn/attempt/code', { attempt, code: sent })).location, /attempt\.unknown/);
  await there(client, '/fn/attempt/code', { attempt, code: 'ZZZZ-ZZZZ' });
  const page = await client.get(`${w.url}/attempt/${attempt}/code`);
  assert.match(page.body, /Tries left: 2/);
  assert.equal((await there(client, '/fn/attempt/code', { attempt, code: sent })).location, '/account');
  const again = await client.post(`${w.url}/fn/attempt/code`, { attempt, code: sent });
  assert.equal(again.status, 410);
  assert.equal((await there(first, '/account')).status, 200);
  await client.post(`${w.url}/fn/account/sessions/end-all`, {});
  assert.equal((await there(first, '/account')).location, '/login?stay=1');
  assert.equal((await there(client, '/account')).location, '/login?stay=1');
  const doctor = spawnSync(join(process.env.LIGATURE_BIN, 'ligature'), ['doctor'], { cwd: w.folder, env, encoding: 'utf8' });
  assert.ok(!/D\d:/.test(doctor.stdout), doctor.stdout);
});

test('PX-05 GO-03 with a certificate the server speaks TLS 1.2 and newer, HSTS and secure cookies', { skip: spawnSync('openssl', ['version']).status === 0 ? false : 'openssl is not installed' }, async (t) => {
  const w = await world((seed, env, world) => {
    const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'tls.key', '-out', 'tls.crt', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'], { cwd: world.folder });
    assert.equal(made.status, 0);
  });
  t.after(w.stop);
  const port = await freePort(1);
  const url = `https://127.0.0.1:${port}`;
  const env = { ...process.env, LIGATURE__SERVER__PUBLIC_URL: url, LIGATURE__SERVER__LISTEN: `127.0.0.1:${port}`, LIGATURE__SERVER__TLS_CERT: 'tls.crt', LIGATURE__SERVER__TLS_KEY: 'tls.key', LIGATURE__HTTP_CLIENT__ALLOW_PRIVATE: 'true' };
  start(w, join(process.env.LIGATURE_BIN, 'ligature'), ['serve'], { cwd: w.folder, env });
  const ca = readFileSync(join(w.folder, 'tls.crt'));
  const get = () => new Promise((resolve, reject) => {
    request(`${url}/login`, { ca }, (response) => resolve(response.resume())).on('error', reject).end();
  });
  let response;
  for (let tries = 0; tries < 400 && !response; tries += 1) response = await get().catch(() => new Promise((resolve) => { setTimeout(resolve, 25); }));
  assert.equal(response.statusCode, 200);
  assert.match(response.headers['strict-transport-security'], /max-age=63072000/);
  for (const cookie of response.headers['set-cookie']) assert.match(cookie, /^__Host-.*; Secure$/);
  const protocol = (version) => new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', ca, minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' }, () => { resolve(socket.getProtocol()); socket.destroy(); });
    socket.on('error', () => resolve('refused'));
  });
  assert.equal(await protocol('TLSv1.1'), 'refused');
  assert.equal(await protocol('TLSv1.2'), 'TLSv1.2');
  assert.equal(await protocol('TLSv1.3'), 'TLSv1.3');
});
