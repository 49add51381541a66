// The journeys in a real browser: without and with script, by keyboard alone, and checked for accessibility.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';
import { PASSWORD, code, undoLink, world } from './world.js';

let browser;
before(async () => {
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'] });
});
after(() => browser.close());

/** A context whose pages must stay free of errors and policy violations. */
async function open(t, javaScriptEnabled, options = {}) {
  const context = await browser.newContext({ javaScriptEnabled, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on('console', (m) => { if (m.type() === 'error' && !/status of 4\d\d/.test(m.text())) complaints.push(m.text()); });
  page.on('pageerror', (e) => complaints.push(String(e)));
  t.after(async () => {
    await context.close();
    assert.deepEqual(complaints, [], 'nothing in the console');
  });
  return page;
}

const mode = (js) => (js ? 'with script' : 'without script');

for (const js of [false, true]) {
  test(`ZI-02 LK-01 from the application through chooser and code, and back with the same subject, ${mode(js)}`, async (t) => {
    const w = await world();
    t.after(w.stop);
    const page = await open(t, js);
    await page.goto(w.app);
    await page.click('text=Sign in');
    assert.match(await page.textContent('h1'), /Sign in to Photos/);
    await page.click('text=Continue with Meridian');
    await page.click('text=Anna Berg');
    const first = await page.textContent('#sub');
    await page.click('text=Sign out here');
    await page.goto(`${w.url}/account`);
    await page.click('nav >> text=Sign out');
    await page.goto(w.app);
    await page.click('text=Sign in');
    await page.click('text=Continue with Pigeon');
    await page.click('button:has-text("Anna")');
    assert.match(page.url(), /\/choose$/);
    assert.equal(await page.locator('button.choice').count(), 3);
    await page.click('text=Add Pigeon to my account');
    await page.fill('#code', (await code(w, 'anna@example.test', 1)).toLowerCase());
    await page.click('text=Continue');
    assert.equal(await page.textContent('#sub'), first);
  });

  test(`GO-28 MA-08 adding and removing in My Account, ${mode(js)}`, async (t) => {
    const w = await world();
    t.after(w.stop);
    const page = await open(t, js);
    await page.goto(`${w.url}/login`);
    await page.click('text=Continue with Meridian');
    await page.click('text=Ben Okafor');
    assert.equal(await page.locator('text=Remove').count(), 0, 'the last method offers no removal');
    await page.click('text=Add Harbour');
    await page.click('text=周小明');
    assert.equal(await page.locator('.rows >> nth=0 >> li').count(), 2);
    await page.click('a[aria-label="Remove Meridian"]');
    assert.match(await page.textContent('h1'), /Remove Meridian\?/);
    await page.click('button.danger');
    assert.match(await page.textContent('.notice'), /removed/);
    assert.equal(await page.locator('.rows >> nth=0 >> li').count(), 1);
    await page.goto(`${w.url}/account/sessions`);
    await page.click('text=Sign out everywhere');
    await page.goto(`${w.url}/account`);
    assert.match(page.url(), /\/login/);
  });

  test(`sign-up, reset and sign-in by password, ${mode(js)}`, async (t) => {
    const w = await world();
    t.after(w.stop);
    const page = await open(t, js);
    await page.goto(`${w.url}/signup`);
    await page.fill('#name', 'Cleo');
    await page.fill('#email', 'cleo@example.test');
    await page.fill('#password', PASSWORD);
    await page.click('text=Send the code');
    await page.fill('#code', await code(w, 'cleo@example.test', 1));
    await page.click('text=Continue');
    assert.match(await page.textContent('h1'), /Hello Cleo/);
    await page.click('nav >> text=Sign out');
    await page.click('text=Forgot your password?');
    await page.fill('#email', 'cleo@example.test');
    await page.click('text=Send the code');
    await page.fill('#code', await code(w, 'cleo@example.test', 2));
    await page.fill('#password', 'another long password');
    await page.click('text=Set the password');
    await page.click('nav >> text=Sign out');
    await page.fill('#email', 'cleo@example.test');
    await page.fill('#password', PASSWORD);
    await page.click('button.primary');
    assert.match(await page.textContent('.notice'), /Wrong email or password/);
    assert.equal(await page.inputValue('#email'), 'cleo@example.test');
    await page.fill('#password', 'another long password');
    await page.click('button.primary');
    assert.match(await page.textContent('h1'), /Hello Cleo/);
  });

  test(`AD-04 AU-01 the first owner sets up a provider and a policy, ${mode(js)}`, async (t) => {
    const w = await world();
    t.after(w.stop);
    const page = await open(t, js);
    await page.goto(w.setup);
    await page.fill('#name', 'Olga Owner');
    await page.fill('#email', 'owner@example.test');
    await page.fill('#password', PASSWORD);
    await page.click('button.primary');
    assert.match(page.url(), /\/admin$/);
    await page.click('nav >> text=Providers');
    await page.click('text=Add a provider');
    // The gallery, the redirect address before anything is saved, a test, then the switch.
    await page.fill('#q', 'openid');
    await page.click('form[role="search"] button');
    await page.click('.gallery a');
    assert.match(await page.textContent('code.copyable'), /\/callback\/oidc$/);
    await page.fill('#name', 'Second Harbour');
    await page.fill('#client_id', 'ligature');
    await page.fill('#secret', 'rehearsal-secret');
    await page.fill('#issuer', `http://127.0.0.1:${w.port + 3}`);
    await page.click('text=Save and test');
    assert.match(await page.textContent('.notice.good'), /turned off/);
    assert.equal(await page.locator('.tested .tag.bad').count(), 0, await page.textContent('.tested'));
    await page.click('button:has-text("Turn on")');
    assert.match(await page.textContent('main'), /Second Harbour/);
    assert.match(await page.textContent('.tag.good'), /Turned on/);
    await page.check('#association-ask_binding');
    await page.click('form#association button.primary');
    assert.ok(await page.isChecked('#association-ask_binding'));
    await page.goto(`${w.url}/admin/policy`);
    await page.check('#accept_unproven_links');
    await page.click('text=Show the difference');
    assert.match(await page.textContent('main'), /accept_unproven_links/);
    await page.click('button[name="becomes"][value="active"]');
    await page.click('form[action="/fn/confirm"] button');
    assert.match(await page.textContent('.notice.bad'), /Unsafe/);
    await page.goto(`${w.url}/admin/accounts`);
    if (js) {
      await page.waitForSelector('html[data-ready]');
      assert.equal(await page.locator('.filter .rows li').count(), 1);
      await page.fill('.filter input', 'nobody');
      assert.equal(await page.locator('.filter .rows li').count(), 0);
      await page.fill('.filter input', 'olga');
    } else {
      assert.equal(await page.locator('.needs-script').isVisible(), false);
    }
    await page.click('text=Olga Owner');
    assert.match(await page.textContent('main'), /Owner of the address/);
    await page.goto(`${w.url}/admin/audit`);
    assert.match(await page.textContent('main'), /Policy changed/);
  });
}

for (const js of [false, true]) {
  test(`NE-07 NE-12 NE-17 one code for everybody, and an unfinished sign-up is finished first, ${mode(js)}`, async (t) => {
    const w = await world((seed) => { seed.preset = 'nevis'; });
    t.after(w.stop);
    const squatter = await open(t, js);
    await squatter.goto(`${w.url}/signup`);
    await squatter.fill('#name', 'Not Anna');
    await squatter.fill('#email', 'anna@example.test');
    await squatter.fill('#password', 'a password of somebody else');
    await squatter.click('button.primary');
    const page = await open(t, js);
    await page.goto(`${w.url}/login`);
    await page.click('text=Continue with Meridian');
    await page.click('text=Anna Berg');
    assert.match(page.url(), /\/code$/);
    await page.fill('#code', await code(w, 'anna@example.test', 2));
    await page.click('button.primary');
    assert.match(page.url(), /\/finish$/);
    await page.fill('#password', 'short');
    await page.click('button.primary');
    assert.equal(await page.getAttribute('#password', 'aria-invalid'), 'true');
    await page.fill('#password', PASSWORD);
    await page.click('button.primary');
    assert.match(await page.textContent('h1'), /Hello Anna Berg/);
  });

  test(`an administrator drafts, tries, dry-runs and puts a policy in force, ${mode(js)}`, async (t) => {
    const w = await world();
    t.after(w.stop);
    const page = await open(t, js);
    await page.goto(w.setup);
    await page.fill('#name', 'Olga Owner');
    await page.fill('#email', 'owner@example.test');
    await page.fill('#password', PASSWORD);
    await page.click('button.primary');
    await page.click('nav >> text=Policy');
    await page.click('text=New draft');
    await page.fill('#document', '{"choices": {"none": "perhaps"}}');
    await page.click('text=Save the draft');
    assert.match(await page.textContent('.notice.bad'), /choices\.none/);
    assert.match(await page.inputValue('#document'), /perhaps/);
    await page.goto(`${w.url}/admin/policy/presets/nevis`);
    await page.click('text=Make a draft of it');
    assert.match(await page.textContent('main'), /What it changes/);
    await page.click('text=Start the dry run');
    await page.waitForSelector('text=Done.');
    await page.click('text=Try the policy');
    await page.selectOption('#provider', 'meridian');
    await page.fill('#email', 'nobody@example.test');
    await page.click('button.primary');
    assert.match(await page.textContent('#outcome'), /code from the claimed address/);
    await page.goBack();
    await page.goBack();
    await page.click('button[name="becomes"][value="active"]');
    await page.click('form[action="/fn/confirm"] button');
    const person = await open(t, js);
    await person.goto(`${w.url}/login`);
    await person.click('text=Continue with Meridian');
    await person.click('text=Anna Berg');
    assert.match(person.url(), /\/code$/);
  });
}

test('by keyboard alone: sign in, choose, type the code', async (t) => {
  const w = await world();
  t.after(w.stop);
  const page = await open(t, false);
  /** Tabs to the element with a text and presses Enter. */
  const press = async (text) => {
    for (let n = 0; n < 60; n += 1) {
      await page.keyboard.press('Tab');
      const here = await page.evaluate(() => document.activeElement.textContent + (document.activeElement.id ?? ''));
      if (here.includes(text)) {
        await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
        return;
      }
    }
    assert.fail(`no way to ${text} by Tab`);
  };
  await page.goto(`${w.url}/login`);
  await press('Continue with Meridian');
  await press('Anna Berg');
  assert.match(page.url(), /\/account$/);
  await press('Sign out');
  await press('Continue with Pigeon');
  await press('Anna');
  await press('Add Pigeon to my account');
  const typed = await code(w, 'anna@example.test', 1);
  for (let n = 0; n < 60; n += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(() => document.activeElement.id === 'code')) break;
  }
  await page.keyboard.type(typed);
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  assert.match(page.url(), /\/account$/);
});

test('SB-03 SB-08 another site can neither frame a page nor post a form', async (t) => {
  const w = await world();
  t.after(w.stop);
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(`${w.url}/login`);
  await page.click('text=Continue with Meridian');
  await page.click('text=Anna Berg');
  const evil = await context.newPage();
  await evil.route('http://evil.example/**', (route) => route.fulfill({ contentType: 'text/html', body: `<iframe src="${w.url}/login"></iframe><form method="post" action="${w.url}/fn/account/sessions/end-all"><button>go</button></form>` }));
  await evil.goto('http://evil.example/');
  await evil.waitForTimeout(300);
  const frame = evil.frames()[1];
  assert.ok(!frame || !(await frame.content()).includes('Continue with'), 'the frame stays empty');
  await Promise.all([evil.waitForNavigation(), evil.click('text=go')]);
  assert.match(await evil.textContent('h1'), /another site/);
  await page.goto(`${w.url}/account`);
  assert.match(await page.textContent('h1'), /Hello Anna/);
});

test('every page is free of accessibility problems, light and dark, narrow and wide, in every language', async (t) => {
  const w = await world((seed) => {
    seed.providers.find((p) => p.key === 'harbour').association = 'ask_binding';
    seed.providers.find((p) => p.key === 'harbour').bind_methods = ['password', 'email_code', 'identity'];
  });
  t.after(w.stop);
  const views = [{ viewport: { width: 375, height: 800 }, colorScheme: 'light', locale: 'en' }, { viewport: { width: 1280, height: 800 }, colorScheme: 'dark', locale: 'de' }, { viewport: { width: 375, height: 800 }, colorScheme: 'dark', locale: 'zh-CN' }];
  let token = w.setup;
  for (const view of views) {
    const page = await open(t, true, view);
    const clean = async () => {
      const found = await new AxeBuilder({ page }).analyze();
      assert.deepEqual(found.violations.map((v) => `${v.id}: ${v.nodes[0].html}`), [], page.url());
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(wide <= 0, `${page.url()} is ${wide} px too wide`);
      assert.equal(await page.getAttribute('html', 'lang'), view.locale);
    };
    const visit = async (path) => {
      await page.goto(`${w.url}${path}`);
      await clean();
    };
    await page.context().addCookies([{ name: 'lg_r', value: 'code.exhausted~ABCDEFGH12', url: w.url }]);
    for (const path of ['/login', '/signup', '/reset', '/refused/code.exhausted?ref=ABCDEFGH12', '/nowhere']) await visit(path);
    if (token) {
      await page.goto(token);
      await clean();
      await page.fill('#name', 'Olga Owner');
      await page.fill('#email', 'owner@example.test');
      await page.fill('#password', PASSWORD);
      token = undefined;
    } else {
      await page.goto(`${w.url}/login`);
      await page.fill('#email', 'owner@example.test');
      await page.fill('#password', PASSWORD);
    }
    await page.click('button.primary');
    for (const path of ['/admin', '/admin/providers', '/admin/providers/new', '/admin/providers/new?preset=wechat', '/admin/providers/meridian', '/admin/providers/meridian/delete', '/admin/policy', '/admin/policy/document', '/admin/policy/effective?provider=pigeon', '/admin/policy/presets/gravitee', '/admin/policy/try?provider=pigeon&email=cleo%40example.test', '/admin/policy/versions/1?bucket=ask', '/admin/policy/versions/1/replay', '/admin/accounts', '/admin/applications', '/admin/audit', '/account', '/account/sessions', '/account/activity', '/account/recovered', '/account/confirm?to=/account', '/account/email', '/account/password', '/account/export', '/account/delete']) await visit(path);
    await page.goto(`${w.url}/account`);
    await page.click('form[action="/fn/signout"] button');
    await page.click('form[action="/fn/signin/provider"] button[value="pigeon"]');
    await page.click('button:has-text("Cleo")');
    await clean();
    await page.click('button[value="add_to_existing"]');
    await clean();
    // The binding page with each way that there is.
    await page.goto(`${w.url}/login`);
    await page.click('form[action="/fn/signin/provider"] button[value="harbour"]');
    await page.click('form >> button >> nth=0');
    await clean();
    await page.click('button[value="enter_account"]');
    await page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
    await clean();
  }
});

for (const js of [false, true]) {
  test(`MA-13 MA-14 GD-01 a person changes the address, takes their data along, deletes the account and takes that back, ${mode(js)}`, async (t) => {
    const w = await world();
    t.after(w.stop);
    const page = await open(t, js);
    await page.goto(`${w.url}/login`);
    await page.click('text=Continue with Meridian');
    await page.click('text=Anna Berg');
    await page.goto(`${w.url}/account/confirm?to=/account/sessions`);
    await page.click('text=Confirm with Meridian');
    await page.click('text=Anna Berg');
    assert.match(page.url(), /\/account\/sessions$/);
    await page.goto(`${w.url}/account`);
    await page.click('text=Use another address');
    await page.fill('#email', 'anna.new@example.test');
    await page.click('button.primary');
    await page.fill('#code', await code(w, 'anna.new@example.test', 1));
    await page.click('button.primary');
    assert.match(page.url(), /\/account$/);
    assert.ok((await page.textContent('section[aria-labelledby="addresses"]')).includes('anna.new@example.test'));
    await page.click('a:has-text("Download your data")');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('button.primary')]);
    const data = JSON.parse(readFileSync(await download.path(), 'utf8'));
    assert.equal(data.emails[0].address, 'anna.new@example.test');
    await page.goto(`${w.url}/account`);
    await page.click('a:has-text("Delete the account")');
    await page.click('button.danger');
    assert.match(page.url(), /\/login/);
    assert.ok((await page.textContent('main')).includes('14 days'));
    await page.goto(await undoLink(w, 'anna.new@example.test'));
    if (js) assert.deepEqual((await new AxeBuilder({ page }).analyze()).violations.map((v) => v.id), []);
    await page.click('button.danger');
    // The deletion has stopped; what the link's page asks for would take it back for good.
    await page.goto(`${w.url}/login?stay=1`);
    await page.click('text=Continue with Meridian');
    await page.click('text=Anna Berg');
    assert.match(await page.textContent('h1'), /Hello Anna/);
  });
}
