// Real counterparts that nobody here wrote: a certified OpenID Provider, a certified relying party, an SMTP server, GitHub's dialect.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oidc from 'openid-client';
import { Client, answers, freePort, python, start, world } from './world.js';

const peers = new URL('../peers/', import.meta.url).pathname;

/** Signs in at oidc-provider's own pages, and answers the page after the callback. */
async function atOidcProvider(client, authorization, who) {
  let page = await client.get(authorization);
  for (let steps = 0; steps < 4 && /<form/.test(page.body) && page.url.includes('/interaction/'); steps += 1) {
    const action = /action="([^"]+)"/.exec(page.body)[1];
    const prompt = /name="prompt" value="([^"]+)"/.exec(page.body)[1];
    page = await client.post(new URL(action, page.url).href, { prompt, ...(prompt === 'login' ? { login: who, password: 'x' } : {}) });
  }
  return page;
}

async function withProvider(t) {
  let issuer;
  const w = await world(async (seed, environment, world) => {
    const port = await freePort(1);
    issuer = `http://127.0.0.1:${port}`;
    seed.providers.push({ key: 'certified', name: 'Certified', secret: 'rp-secret', verified_counts: true, settings: { kind: 'oidc', issuer, client_id: 'rp', scopes: ['openid', 'email', 'profile'] } });
    start(world, process.execPath, [`${peers}oidc-provider.mjs`], { env: { ...process.env, PORT: String(port), ISSUER: issuer, REDIRECTS: `${world.url}/callback/certified`, PKCE: 'required' } });
    await answers(`${issuer}/.well-known/openid-configuration`);
  });
  t.after(w.stop);
  return w;
}

test('ZI-10 OC-03 OC-04 people sign in through npm oidc-provider, which demands PKCE and sends iss', async (t) => {
  const w = await withProvider(t);
  for (const [who, seen] of [['alice', 'alice@example.test'], ['nomail', 'No Mail'], ['unicode', '周 Zoë']]) {
    const client = new Client();
    const started = await client.send(`${w.url}/fn/signin/provider`, { method: 'POST', headers: { origin: w.url, 'content-type': 'application/x-www-form-urlencoded' }, body: 'provider=certified' });
    const page = await atOidcProvider(client, started.location, who);
    assert.equal(new URL(page.url).pathname, '/account', page.body);
    assert.ok(page.body.includes(seen), `${who}: ${page.body}`);
  }
});

test('NE-05 an unverified address of a certified provider opens nobody else\'s account', async (t) => {
  const w = await withProvider(t);
  const sign = async (who) => {
    const client = new Client();
    const started = await client.send(`${w.url}/fn/signin/provider`, { method: 'POST', headers: { origin: w.url, 'content-type': 'application/x-www-form-urlencoded' }, body: 'provider=certified' });
    return atOidcProvider(client, started.location, who);
  };
  assert.equal(new URL((await sign('alice')).url).pathname, '/account');
  const mallory = await sign('mallory');
  assert.match(new URL(mallory.url).pathname, /\/choose$/);
  assert.ok(!mallory.body.includes('Alice'));
});

test('ZI-02 npm openid-client accepts every answer, signatures and iss included', async (t) => {
  const port = await freePort(1);
  const redirect = `http://127.0.0.1:${port}/cb`;
  const w = await world((seed) => {
    seed.applications.push({ client_id: 'rp', name: 'Certified client', secret: 'rp-secret', redirect_uris: [redirect], settings: { unproved_contacts: true } });
  });
  t.after(w.stop);
  for (const authentication of [oidc.ClientSecretBasic, oidc.ClientSecretPost]) {
    const config = await oidc.discovery(new URL(w.url), 'rp', undefined, authentication('rp-secret'), { execute: [oidc.enableNonRepudiationChecks, oidc.allowInsecureRequests] });
    const verifier = oidc.randomPKCECodeVerifier();
    const state = oidc.randomState();
    const nonce = oidc.randomNonce();
    const url = oidc.buildAuthorizationUrl(config, { redirect_uri: redirect, scope: 'openid email profile', state, nonce, max_age: '600', code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' });
    const client = new Client();
    const login = await client.get(url.href);
    const entry = new URL(login.url).searchParams.get('entry');
    const started = await client.send(`${w.url}/fn/signin/provider`, { method: 'POST', headers: { origin: w.url, 'content-type': 'application/x-www-form-urlencoded' }, body: `provider=meridian&entry=${entry}` });
    let page = await client.send(`${started.location}&_who=m-anna`);
    while (!page.location.startsWith(redirect)) page = await client.send(new URL(page.location, page.url).href);
    const tokens = await oidc.authorizationCodeGrant(config, new URL(page.location), { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true, maxAge: 600 });
    const claims = tokens.claims();
    const userinfo = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
    assert.equal(userinfo.sub, claims.sub);
    assert.equal(userinfo.email, 'anna@example.test');
    await assert.rejects(oidc.authorizationCodeGrant(config, new URL(page.location), { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, maxAge: 600 }), 'the code is good once');
  }
});

test('CF-05 npm openid-client: pushed requests, refresh with reuse detection, introspection, revocation, a device, own credentials, sign-out', async (t) => {
  const port = await freePort(1);
  const redirect = `http://127.0.0.1:${port}/cb`;
  const out = `http://127.0.0.1:${port}/out`;
  const w = await world((seed) => {
    const settings = { grants: ['authorization_code', 'refresh_token', 'client_credentials', 'device_code'], own_scopes: ['invoices'], post_logout_redirect_uris: [out], unproved_contacts: true };
    seed.applications.push({ client_id: 'rp', name: 'Certified client', secret: 'rp-secret', redirect_uris: [redirect], settings });
    seed.applications.push({ client_id: 'es', name: 'Elliptic client', secret: 'rp-secret', redirect_uris: [redirect], settings: { ...settings, algorithm: 'ES256', pairwise: true } });
  });
  t.after(w.stop);
  for (const id of ['rp', 'es']) {
    const metadata = { id_token_signed_response_alg: id === 'es' ? 'ES256' : 'RS256' };
    const config = await oidc.discovery(new URL(w.url), id, metadata, oidc.ClientSecretBasic('rp-secret'), { execute: [oidc.enableNonRepudiationChecks, oidc.allowInsecureRequests] });
    const verifier = oidc.randomPKCECodeVerifier();
    const state = oidc.randomState();
    const request = { redirect_uri: redirect, scope: 'openid email offline_access', state, code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' };
    const pushed = await oidc.buildAuthorizationUrlWithPAR(config, request);
    assert.deepEqual([...pushed.searchParams.keys()].sort(), ['client_id', 'request_uri'], 'the browser carries a name only');
    const client = new Client();
    const login = await client.get(pushed.href);
    const entry = new URL(login.url).searchParams.get('entry');
    const started = await client.send(`${w.url}/fn/signin/provider`, { method: 'POST', headers: { origin: w.url, 'content-type': 'application/x-www-form-urlencoded' }, body: `provider=meridian&entry=${entry}` });
    let page = await client.send(`${started.location}&_who=m-anna`);
    while (!page.location.startsWith(redirect)) page = await client.send(new URL(page.location, page.url).href);
    const first = await oidc.authorizationCodeGrant(config, new URL(page.location), { pkceCodeVerifier: verifier, expectedState: state, idTokenExpected: true });
    const second = await oidc.refreshTokenGrant(config, first.refresh_token);
    assert.equal(second.claims().sub, first.claims().sub);
    assert.equal((await oidc.tokenIntrospection(config, second.access_token)).active, true);
    await oidc.tokenRevocation(config, second.access_token);
    assert.equal((await oidc.tokenIntrospection(config, second.access_token)).active, false);
    await assert.rejects(oidc.refreshTokenGrant(config, first.refresh_token), { error: 'invalid_grant' });
    await assert.rejects(oidc.refreshTokenGrant(config, second.refresh_token), { error: 'invalid_grant' }, 'the family ended');
    const own = await oidc.clientCredentialsGrant(config, { scope: 'invoices' });
    assert.equal(own.scope, 'invoices');
    // Bound to a key: the library signs a proof for each request (RFC 9449).
    const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair());
    const silently = await client.send(oidc.buildAuthorizationUrl(config, { ...request, prompt: 'none' }).href);
    const bound = await oidc.authorizationCodeGrant(config, new URL(silently.location), { pkceCodeVerifier: verifier, expectedState: state }, undefined, { DPoP });
    assert.equal(bound.token_type, 'dpop');
    assert.ok((await oidc.tokenIntrospection(config, bound.access_token)).cnf.jkt);
    assert.equal((await oidc.fetchUserInfo(config, bound.access_token, first.claims().sub, { DPoP })).email, 'anna@example.test');
    await assert.rejects(oidc.fetchUserInfo(config, bound.access_token, first.claims().sub), 'without the key it is worth nothing');
    await assert.rejects(oidc.refreshTokenGrant(config, bound.refresh_token), { error: 'invalid_dpop_proof' });
    assert.ok((await oidc.refreshTokenGrant(config, bound.refresh_token, undefined, { DPoP })).access_token);
    // A device: the person is signed in in this browser.
    const device = await oidc.initiateDeviceAuthorization(config, { scope: 'openid' });
    const polling = oidc.pollDeviceAuthorizationGrant(config, device);
    const asked = await client.get(device.verification_uri_complete);
    assert.ok(asked.body.includes(id === 'rp' ? 'Certified client' : 'Elliptic client'), asked.body);
    await client.post(`${w.url}/fn/device`, { code: device.user_code, answer: 'allow' });
    const there = await polling;
    assert.equal(there.claims().sub, first.claims().sub);
    // Out, and back with the state; nobody is signed in any more.
    const end = oidc.buildEndSessionUrl(config, { id_token_hint: second.id_token, post_logout_redirect_uri: out, state: 's1' });
    assert.equal((await client.send(end.href)).location, `${out}?state=s1`);
    const silent = await client.send(oidc.buildAuthorizationUrl(config, { ...request, prompt: 'none' }).href);
    assert.equal(new URL(silent.location).searchParams.get('error'), 'login_required');
  }
});

test('EM-04 GO-18 a code arrives through a real SMTP server, one mail with a text and an HTML part', async (t) => {
  let http;
  const w = await world(async (seed, environment, world) => {
    const port = await freePort(2);
    http = `http://127.0.0.1:${port + 1}`;
    environment.MAIL__SMTP_URL = `smtp://127.0.0.1:${port}`;
    start(world, python, [`${peers}sink.py`, String(port), String(port + 1)]);
    await answers(`${http}/mails`);
  });
  t.after(w.stop);
  const client = new Client();
  const page = await client.post(`${w.url}/fn/signup`, { email: 'Zoe.Case@Example.test', name: 'Zoë', password: 'a long enough password' });
  assert.match(page.url, /\/code$/);
  let mails = [];
  for (let tries = 0; tries < 400 && mails.length === 0; tries += 1) {
    mails = await (await fetch(`${http}/mails`)).json();
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.equal(mails.length, 1);
  const [mail] = mails;
  assert.deepEqual(mail.rcpt_to, ['zoe.case@example.test']);
  assert.equal(mail.mail_from, 'login@example.test');
  const [code] = /[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(mail.text);
  assert.ok(mail.html.includes(code));
  assert.ok(!mail.html.includes('href='), 'no link to press');
  const done = await client.post(`${w.url}/fn/attempt/code`, { attempt: new URL(page.url).pathname.split('/')[2], code });
  assert.equal(new URL(done.url).pathname, '/account', done.body);
});

test('ID-07 GitHub\'s dialect: only addresses that it verified count, errors with status 200 are errors', async (t) => {
  let base;
  const w = await world(async (seed, environment, world) => {
    const port = await freePort(1);
    base = `http://127.0.0.1:${port}`;
    seed.providers.push({ key: 'github', name: 'GitHub', secret: 'secret', verified_counts: true, settings: { kind: 'github', client_id: 'app1', web_url: `${base}/github.com`, api_url: `${base}/api.github.com` } });
    seed.providers.push({ key: 'broken', name: 'Broken', secret: 'wrong', settings: { kind: 'github', client_id: 'app1', web_url: `${base}/github.com`, api_url: `${base}/api.github.com` } });
    start(world, python, [`${peers}quirks.py`, String(port)]);
    await answers(`${base}/_log`);
  });
  t.after(w.stop);
  const sign = async (key, who) => {
    const client = new Client();
    const started = await client.send(`${w.url}/fn/signin/provider`, { method: 'POST', headers: { origin: w.url, 'content-type': 'application/x-www-form-urlencoded' }, body: `provider=${key}` });
    return client.get(`${started.location}&_who=${who}`);
  };
  const alice = await sign('github', 'alice');
  assert.equal(new URL(alice.url).pathname, '/account', alice.body);
  assert.ok(alice.body.includes('alice@example.test'));
  const mallory = await sign('github', 'mallory');
  assert.equal(new URL(mallory.url).pathname, '/account', 'no verified address: an account of its own, no question');
  assert.ok(!mallory.body.includes('alice@example.test'));
  const nomail = await sign('github', 'nomail');
  assert.ok(nomail.body.includes('周小明') && !nomail.body.includes('noreply'), nomail.body);
  const broken = await sign('broken', 'alice');
  assert.equal(broken.status, 400);
  assert.match(broken.url, /provider\.answer/);
  const denied = await sign('github', '-');
  assert.match(denied.url, /provider\.refused/);
  const log = await (await fetch(`${base}/_log`)).json();
  assert.ok(log.filter((l) => l.at.endsWith('authorize')).every((l) => l.query.code_challenge_method === 'S256'), 'PKCE for plain OAuth 2.0 too');
});
