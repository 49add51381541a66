// Ways that lead over origins which nobody knows in advance, in a real browser: browsers hold a page's policy against each hop.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { launch } from './looking.js';
import { world } from './world.js';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** A site of its own origin; `answer(url, response)` says what it shows. */
async function site(t, answer) {
  const server = createServer((request, response) => answer(new URL(request.url, 'http://127.0.0.1'), response));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

const onward = (to) => (url, response) => response.writeHead(302, { location: to() + url.search }).end();
const shows = (html) => (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(`<!DOCTYPE html><title>x</title>${html}`);
const challenge = { response_type: 'code', scope: 'openid', state: 's', code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' };

/** A page that notes what a policy of ours kept the browser from. */
async function open(t, javaScriptEnabled) {
  const context = await browser.newContext({ javaScriptEnabled });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (m) => { if (/Content Security Policy/i.test(m.text())) complaints.push(m.text()); });
  t.after(async () => {
    await context.close();
    assert.deepEqual(complaints, []);
  });
  return page;
}

for (const js of [false, true]) {
  const mode = js ? 'with script' : 'without script';

  test(`FR-05 FR-06 a provider on three origins, and an application that sends people on, ${mode}`, async (t) => {
    let w;
    // The provider's authorization page stands elsewhere, and finds out there where the person is at home.
    const home = await site(t, onward(() => `http://127.0.0.1:${w.port + 1}/authorize`));
    const front = await site(t, onward(() => `${home}/home`));
    const end = await site(t, shows('<h1>Arrived</h1>'));
    const entrance = await site(t, onward(() => `${end}/welcome`));
    w = await world((seed) => {
      seed.preset = 'recommended';
      seed.providers[0].settings.authorization_endpoint = `${front}/authorize`;
      seed.applications.push({ client_id: 'hops', name: 'Hops', secret: 'hops-secret', redirect_uris: [`${entrance}/cb`] });
    });
    t.after(w.stop);
    const page = await open(t, js);
    await page.goto(`${w.url}/authorize?${new URLSearchParams({ ...challenge, client_id: 'hops', redirect_uri: `${entrance}/cb` })}`);
    await page.click('text=Continue with Meridian');
    await page.click('text=Anna Berg');
    // A form of ours is the last page before the application as well.
    await page.click('button[value="create_new"]');
    await page.waitForURL(`${end}/welcome?*`);
    assert.equal(await page.textContent('h1'), 'Arrived');
    // The same from My Account: adding, and confirming that it is you.
    await page.goto(`${w.url}/account`);
    await page.click('text=Add Pigeon');
    await page.waitForURL((url) => url.port === String(w.port + 2) || url.pathname.startsWith('/account/confirm'));
    if (page.url().includes('/account/confirm')) {
      await page.click('text=Meridian');
      await page.waitForURL((url) => url.port === String(w.port + 1));
    }
  });
}

test('FR-07 a pop-up keeps the page that opened it, over sign-in page, provider and way back', async (t) => {
  let w;
  const opener = await site(t, (url, response) => shows(url.pathname === '/cb'
    ? '<script>opener.postMessage("signed in", "*")</script><h1>Back</h1>'
    : '<script>addEventListener("message", (m) => { document.title = m.data; }); function go(url) { globalThis.popup = open(url, "p", "width=500,height=600"); }</script>')(url, response));
  w = await world((seed) => {
    seed.preset = 'recommended';
    seed.applications.push({ client_id: 'popup', name: 'Popup', secret: 'popup-secret', redirect_uris: [`${opener}/cb`] });
  });
  t.after(w.stop);
  const page = await open(t, true);
  await page.goto(opener);
  const way = `${w.url}/authorize?${new URLSearchParams({ ...challenge, client_id: 'popup', redirect_uri: `${opener}/cb` })}`;
  const [popup] = await Promise.all([page.waitForEvent('popup'), page.evaluate((url) => globalThis.go(url), way)]);
  await popup.waitForURL(/\/login\?/);
  assert.equal(await page.evaluate(() => globalThis.popup.closed), false, 'the opener still sees its window on the sign-in page');
  await popup.click('text=Continue with Meridian');
  await popup.click('text=Anna Berg');
  await popup.click('button[value="create_new"]');
  await page.waitForFunction(() => document.title === 'signed in');
  assert.equal(await page.evaluate(() => globalThis.popup.closed), false);
  // My Account and the console stay out of reach of whoever opened them.
  await popup.goto(`${w.url}/account/sessions`);
  assert.equal(await popup.evaluate(() => globalThis.opener), null);
});
