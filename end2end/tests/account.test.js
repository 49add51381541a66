// The second factor, agreements and registration fields in a real browser: without script, with it, by keyboard alone.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { VIEWS, launch, looking } from './looking.js';
import { PASSWORD, code, undoLink, world } from './world.js';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** What an authenticator shows (RFC 6238) for a base32 key, some steps from now. */
function totp(key, ahead = 0) {
  const bits = [...key.replaceAll(' ', '')].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const secret = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + ahead));
  const mac = createHmac('sha1', secret).update(step).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

const DOCUMENT = JSON.stringify({ choices: { agreements: [{ id: 'terms', version: '1', title: 'Terms of use', url: '/terms' }], registration: [{ field: 'family_name', required: true }, { field: 'phone' }] } });

for (const [js, view] of VIEWS) {
  test(`GV-02 AU-15 LK-15 registration, second factor and recovery codes, ${js ? 'with script' : 'without script'}, ${view.locale}, ${view.viewport.width} px`, async (t) => {
    const w = await world();
    t.after(w.stop);
    const context = await browser.newContext({ javaScriptEnabled: js, ...view });
    t.after(() => context.close());
    const page = await context.newPage();
    const clean = looking(page, js, `${view.locale}-${view.viewport.width}`);
    // The owner asks new people for a name and the terms.
    await page.goto(w.setup);
    await page.fill('#name', 'Olga Owner');
    await page.fill('#email', 'owner@example.test');
    await page.fill('#password', PASSWORD);
    await page.click('button.primary');
    await page.goto(`${w.url}/admin/policy/document?scope=organisation`);
    await page.fill('textarea', DOCUMENT);
    await page.click('button.primary');
    await page.click('button[name="becomes"][value="active"]');
    await page.click('form[action="/fn/confirm"] button');
    await context.clearCookies();
    // Anna comes by Meridian for the first time.
    await page.goto(`${w.url}/login`);
    await page.click('form[action="/fn/signin/provider"] button[value="meridian"]');
    await page.click('text=Anna Berg');
    assert.match(page.url(), /\/details$/);
    await clean('details');
    await page.evaluate(() => document.querySelectorAll('[required]').forEach((e) => e.removeAttribute('required')));
    await page.click('button.primary');
    assert.equal(await page.locator('.problem').count(), 2);
    await clean('details-problems');
    await page.fill('#family_name', 'Berg');
    await page.focus('input[type="checkbox"]');
    await page.keyboard.press('Space');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/account$/);
    assert.ok((await page.textContent('section[aria-labelledby="profile"]')).includes('Berg'));
    // A second factor, the codes for a bad day, and a name for the identity.
    await page.click('section[aria-labelledby="factor"] a');
    await clean('factor-none');
    await page.click('button.primary');
    await clean('factor-begun');
    assert.ok(await page.locator('.qr svg').isVisible());
    const key = await page.textContent('code.secret');
    await page.fill('#code', '000000');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.notice.bad');
    await page.fill('#code', totp(key));
    await page.click('button.primary');
    const codes = await page.locator('.codes code').allTextContents();
    assert.equal(codes.length, 10);
    await clean('recovery-codes');
    await page.click('a.button.primary');
    await page.click('.inline summary >> nth=0');
    await page.fill('input[name="nickname"]', 'Work');
    await page.keyboard.press('Enter');
    await page.waitForSelector('strong:has-text("Meridian · Work")');
    await clean('account');
    // Signed out and in again: the phone is asked for, and on a bad day a recovery code.
    const arrive = async () => {
      await context.clearCookies();
      await page.goto(`${w.url}/login`);
      await page.click('form[action="/fn/signin/provider"] button[value="meridian"]');
      await page.click('text=Anna Berg');
      assert.match(page.url(), /\/factor$/);
    };
    await arrive();
    await clean('factor');
    await page.fill('#code', '123456');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role="alert"]');
    await clean('factor-wrong');
    await page.fill('#code', totp(key, 1));
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/account$/);
    await arrive();
    await page.fill('#code', codes[0].toLowerCase());
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/account$/);
    await page.goto(`${w.url}/account/second-factor`);
    assert.ok((await page.textContent('section[aria-labelledby="recovery"]')).includes('9'));
    await clean('factor-there');
    await page.click('section[aria-labelledby="recovery"] button');
    assert.equal(await page.locator('.codes code').count(), 10);
    await page.goto(`${w.url}/account/second-factor`);
    await page.click('button.danger');
    await page.waitForSelector('.notice.good');
  });
}

for (const [js, view] of VIEWS) {
  test(`GD-05 two accounts become one, and one that is being deleted stays, ${js ? 'with script' : 'without script'}, ${view.locale}, ${view.viewport.width} px`, async (t) => {
    const w = await world((seed) => { seed.preset = 'recommended'; });
    t.after(w.stop);
    const context = await browser.newContext({ javaScriptEnabled: js, ...view });
    t.after(() => context.close());
    const page = await context.newPage();
    const clean = looking(page, js, `merge-${view.locale}-${view.viewport.width}`);
    const arrive = async (key, who) => {
      await context.clearCookies();
      await page.goto(`${w.url}/login`);
      await page.click(`form[action="/fn/signin/provider"] button[value="${key}"]`);
      await page.click(`button:has-text("${who}")`);
    };
    await arrive('harbour', '周');
    await page.click('button[value="create_new"]');
    await arrive('meridian', 'Anna Berg');
    await page.click('button[value="create_new"]');
    await page.waitForURL(/\/account$/);
    await page.click('a[href="/account/merge"]');
    await clean('merge');
    await page.fill('#email', 'nobody@example.test');
    await page.fill('#password', 'not a password');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.notice.bad');
    await page.click('form[action="/fn/account/merge/provider"] button[value="harbour"]');
    await page.click('button:has-text("周")');
    assert.match(page.url(), /\/merge$/);
    await clean('preview');
    await page.focus('button.primary');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/account\?f=/);
    assert.ok((await page.textContent('section[aria-labelledby="methods"]')).includes('Harbour'));
    await page.goto(`${w.url}/account/activity`);
    await clean('activity');
    await page.goto(`${w.url}/account/delete`);
    await clean('delete');
    await page.click('button.danger');
    await arrive('harbour', '周');
    assert.match(page.url(), /\/restore$/);
    await clean('restore');
    await page.click('button.primary');
    await page.waitForURL(/\/account$/);
  });
}

for (const [js, view] of VIEWS) {
  test(`AU-18 a phone number is proved, signs in and goes; a new password is measured, ${js ? 'with script' : 'without script'}, ${view.locale}, ${view.viewport.width} px`, async (t) => {
    const w = await world((seed, environment, at) => {
      seed.preset = 'recommended';
      environment.SMS__WEBHOOK_URL = `${at.mail}/texts`;
      environment.SMS__WEBHOOK_TOKEN = 'rehearsal-gateway';
    });
    t.after(w.stop);
    const context = await browser.newContext({ javaScriptEnabled: js, ...view });
    t.after(() => context.close());
    const page = await context.newPage();
    const clean = looking(page, js, `phone-${view.locale}-${view.viewport.width}`);
    await page.goto(w.setup);
    await page.fill('#name', 'Olga Owner');
    await page.fill('#email', 'owner@example.test');
    // The bar beside a new password, where there is script.
    await page.locator('#password').pressSequentially('olgaolgaolgaolga');
    if (js) {
      await page.waitForSelector('#meter:not([hidden])');
      assert.ok(await page.evaluate(() => document.querySelector('#meter meter').value) < 3);
      await clean('meter-weak');
      await page.fill('#password', PASSWORD);
      await page.waitForFunction(() => document.querySelector('#meter meter').value >= 3);
      await clean('meter-good');
    } else {
      assert.ok(await page.isHidden('#meter'));
      await page.fill('#password', PASSWORD);
    }
    await page.click('button.primary');
    await page.goto(`${w.url}/admin/policy/document?scope=instance`);
    const document = JSON.parse(await page.inputValue('textarea'));
    document.permits.phone_code_sign_in = true;
    document.permits.email_code_sign_in = true;
    document.choices.bind_methods = ['password', 'phone_code', 'email_code'];
    await page.fill('textarea', JSON.stringify(document));
    await page.click('button.primary');
    await page.click('button[name="becomes"][value="active"]');
    await page.click('form[action="/fn/confirm"] button');
    // Nobody who runs the console is found by a number: Anna proves one.
    await context.clearCookies();
    await page.goto(`${w.url}/login`);
    await page.click('form[action="/fn/signin/provider"] button[value="meridian"]');
    await page.click('text=Anna Berg');
    await page.click('button[value="create_new"]');
    await page.waitForURL(/\/account$/);
    await page.click('a[href="/account/phone"]');
    await clean('none');
    await page.fill('#phone', '030 123456');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.problem');
    assert.equal(await page.inputValue('#phone'), '030 123456');
    await clean('problem');
    await page.fill('#phone', '+49 30 123456');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/code$/);
    await clean('code');
    await page.fill('#code', await code(w, '+4930123456', 1));
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/account\/phone$/);
    await clean('there');
    await page.goto(`${w.url}/account`);
    await clean('account');
    // Signed out: a code to the number, by keyboard alone.
    await context.clearCookies();
    await page.goto(`${w.url}/login`);
    await clean('login');
    await page.click('a[href^="/login/code"]');
    await clean('login-code');
    await page.focus('#email');
    await page.keyboard.type('nonsense');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.problem');
    await clean('login-code-problem');
    await page.fill('#email', '0049 30 123456');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/code$/);
    await page.fill('#code', await code(w, '+4930123456', 2));
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/account$/);
    // On the binding page the number names the account.
    await context.clearCookies();
    await page.goto(`${w.url}/login`);
    await page.click('form[action="/fn/signin/provider"] button[value="harbour"]');
    await page.click('button:has-text("周")');
    await page.click('button[value="enter_account"]');
    await page.click('details.other summary >> nth=0');
    await clean('bind');
    await page.fill('#code-email', '+49 30 123456');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/code$/);
    await page.fill('#code', await code(w, '+4930123456', 3));
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/account$/);
    assert.ok((await page.textContent('section[aria-labelledby="methods"]')).includes('Harbour'));
    await page.goto(`${w.url}/account/phone`);
    await page.click('.rows button');
    await page.waitForSelector('.notice.good');
    assert.equal(await page.locator('section[aria-labelledby="phone"] strong').count(), 0);
    await page.goto(await undoLink(w, 'anna@example.test', /phone|Telefon|手机/));
    await clean('undo');
  });
}

for (const [js, view] of VIEWS) {
  test(`ZI-02 an application is registered, asks for consent, is taken back and signs out, ${js ? 'with script' : 'without script'}, ${view.locale}, ${view.viewport.width} px`, async (t) => {
    const w = await world((seed) => { seed.preset = 'recommended'; });
    t.after(w.stop);
    const context = await browser.newContext({ javaScriptEnabled: js, ...view });
    t.after(() => context.close());
    const page = await context.newPage();
    const clean = looking(page, js, `op-${view.locale}-${view.viewport.width}`);
    const post = (path, form) => fetch(`${w.url}${path}`, { method: 'POST', body: new URLSearchParams(form) }).then((r) => r.json());
    await page.goto(w.setup);
    await page.fill('#name', 'Olga Owner');
    await page.fill('#email', 'owner@example.test');
    await page.fill('#password', PASSWORD);
    await page.click('button.primary');
    await page.goto(`${w.url}/admin/applications`);
    await clean('applications');
    await page.click('a[href="/admin/applications/new"]');
    await page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
    await clean('application-new');
    await page.fill('#name', 'Tele');
    await page.fill('#client_id', 'tele');
    await page.check('input[value="native"]');
    await page.uncheck('#first_party');
    await page.fill('#redirect_uris', 'no address');
    await page.fill('#providers', 'meridian nowhere');
    await page.fill('#sender', 'nobody');
    await page.fill('#claims', 'team = identity.last.team\nsub = 1');
    await page.click('button.primary');
    await page.waitForSelector('.problem');
    assert.equal(await page.locator('.problem').count(), 4);
    assert.equal(await page.inputValue('#redirect_uris'), 'no address');
    assert.equal(await page.inputValue('#claims'), 'team = identity.last.team\nsub = 1');
    assert.ok(await page.isChecked('input[value="native"]') && !(await page.isChecked('#first_party')), 'what was chosen is kept');
    await clean('application-problem');
    await page.fill('#providers', 'meridian');
    await page.fill('#sender', 'tele@example.test');
    await page.fill('#claims', 'team = identity.last.team');
    await page.fill('#redirect_uris', `${w.app}/?tele=1`);
    await page.check('#grant_device');
    await page.fill('#post_logout_redirect_uris', `${w.app}/`);
    await page.click('button.primary');
    await page.waitForSelector('.notice.good');
    await page.goto(`${w.url}/admin/applications/photos`);
    await clean('application');
    // Programs may register: a token, shown once.
    await page.goto(`${w.url}/admin/applications`);
    await page.click('summary');
    await page.fill('#label', 'Build server');
    await page.fill('#uses', '0');
    await page.focus('#days');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.problem');
    assert.equal(await page.inputValue('#label'), 'Build server');
    await page.fill('#uses', '2');
    await page.click('form[action="/fn/admin/registration"] button');
    await page.waitForSelector('code.secret');
    await clean('registration');
    const initial = await page.textContent('code.secret');
    const made = await fetch(`${w.url}/register`, { method: 'POST', headers: { authorization: `Bearer ${initial}`, 'content-type': 'application/json' }, body: JSON.stringify({ client_name: 'By a program', redirect_uris: [`${w.app}/`] }) });
    assert.equal(made.status, 201);
    await page.goto(`${w.url}/admin/applications`);
    assert.ok((await page.textContent('main')).includes('By a program'));
    await page.click('summary');
    await page.click('form[action="/fn/admin/registration/end"] button');
    await page.waitForURL(/applications/);
    assert.equal(await page.locator('form[action="/fn/admin/registration/end"]').count(), 0);
    // Consent: asked, with the scopes in words.
    await context.clearCookies();
    const query = new URLSearchParams({ client_id: 'tele', redirect_uri: `${w.app}/?tele=1`, response_type: 'code', scope: 'openid profile offline_access', state: 's', code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' });
    await page.goto(`${w.url}/authorize?${query}`);
    await page.click('form[action="/fn/signin/provider"] button[value="meridian"]');
    await page.click('text=Anna Berg');
    await page.click('button[value="create_new"]');
    assert.match(page.url(), /\/consent\?/);
    await clean('consent');
    await page.focus('button[value="allow"]');
    await page.keyboard.press('Enter');
    await page.waitForURL(/tele=1&code=/);
    const form = { grant_type: 'authorization_code', code: new URL(page.url()).searchParams.get('code'), redirect_uri: `${w.app}/?tele=1`, client_id: 'tele', code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk' };
    const tokens = await post('/token', form);
    assert.ok(tokens.refresh_token);
    await page.goto(`${w.url}/account/applications`);
    await clean('own-applications');
    // A device: a wrong code, then the right one.
    const device = await post('/device_authorization', { client_id: 'tele', scope: 'openid profile' });
    await page.goto(`${w.url}/device`);
    await clean('device');
    await page.fill('#code', 'ZZZZ-ZZZZ');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.problem');
    await clean('device-problem');
    await page.fill('#code', device.user_code.toLowerCase());
    await page.keyboard.press('Enter');
    await page.waitForSelector('button[value="allow"]');
    await clean('device-asks');
    await page.click('button[value="allow"]');
    await page.waitForSelector('.notice.good');
    await page.goto(`${w.url}/account/applications`);
    await page.click('.rows button');
    await page.waitForSelector('.notice.good');
    await clean('own-applications-none');
    // Signing out: asked without a hint, at once with one.
    await page.goto(`${w.url}/logout?client_id=tele&post_logout_redirect_uri=${encodeURIComponent(`${w.app}/`)}`);
    await clean('logout');
    await page.click('button.primary');
    await page.waitForURL(`${w.app}/`);
    await page.goto(`${w.url}/account`);
    assert.match(page.url(), /\/login/);
  });
}

for (const [name, view] of [['en, 375 px', { viewport: { width: 375, height: 800 }, colorScheme: 'light', locale: 'en' }], ['de, 1280 px', { viewport: { width: 1280, height: 800 }, colorScheme: 'dark', locale: 'de' }]]) {
  test(`AU-10 passkeys: added, signed in with, shown on the binding page, removed, ${name}`, async (t) => {
    // A relying party is a name: 127.0.0.1 cannot be one.
    const w = await world((seed, environment, at) => {
      at.url = `http://localhost:${at.port}`;
      environment.SERVER__PUBLIC_URL = at.url;
      seed.preset = 'recommended';
    });
    t.after(w.stop);
    const context = await browser.newContext(view);
    t.after(() => context.close());
    const page = await context.newPage();
    const clean = looking(page, true, `passkey-${view.locale}`);
    const cdp = await context.newCDPSession(page);
    await cdp.send('WebAuthn.enable');
    // With a device at hand the page's quiet question may be answered before the button is clicked.
    const show = async (then) => {
      await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: true });
      await page.click('form[data-passkey] button', { timeout: 2000 }).catch(() => {});
      await then();
      await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: false });
    };
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
    await page.goto(w.setup.replace('127.0.0.1', 'localhost'));
    await page.fill('#name', 'Olga Owner');
    await page.fill('#email', 'owner@example.test');
    await page.fill('#password', PASSWORD);
    await page.click('button.primary');
    assert.equal((await page.goto(`${w.url}/account/passkeys`)).status(), 403, 'off until the instance switches it on');
    await page.goto(`${w.url}/admin/policy/document?scope=instance`);
    const document = JSON.parse(await page.inputValue('textarea'));
    document.permits.passkey_sign_in = true;
    document.choices.bind_methods = ['password', 'passkey'];
    await page.fill('textarea', JSON.stringify(document));
    await page.click('button.primary');
    await page.click('button[name="becomes"][value="active"]');
    await page.click('form[action="/fn/confirm"] button');
    // Anna has an account by Meridian and adds a passkey to it.
    const leave = async () => {
      await context.clearCookies();
      // The browser would answer the page's quiet question at once.
      await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: false });
      await page.goto(`${w.url}/login?stay=1`);
    };
    await leave();
    await clean('login');
    await page.click('form[action="/fn/signin/provider"] button[value="meridian"]');
    await page.click('text=Anna Berg');
    await page.click('button[value="create_new"]');
    await page.waitForURL(/\/account$/);
    await page.click('a[href="/account/passkeys"]');
    await clean('none');
    await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: true });
    await page.fill('#nickname', 'Laptop');
    await page.click('form[data-passkey] button');
    await page.waitForSelector('.rows strong:has-text("Laptop")');
    await clean('added');
    const stored = (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
    assert.equal(stored.length, 1);
    assert.ok(stored[0].isResidentCredential);
    // No name, no password: the button, and the device.
    await leave();
    let sent;
    page.on('request', (request) => { if (request.url().endsWith('/fn/signin/passkey')) sent = request.postData(); });
    await show(() => page.waitForURL(/\/account$/));
    assert.match(await page.textContent('h1'), /Anna/);
    await page.goto(`${w.url}/account/sessions`);
    assert.ok((await page.textContent('main')).includes('Passkey'));
    // The answer is good once, and in the browser that asked.
    assert.ok(sent.includes('credential='));
    for (const client of [context, await browser.newContext()]) {
      await client.clearCookies({ name: /^lg_s_/ });
      const again = await client.request.post(`${w.url}/fn/signin/passkey`, { data: sent, headers: { origin: w.url, 'content-type': 'application/x-www-form-urlencoded' } });
      assert.match(again.url(), /\/login\?stay=1&f=/);
      assert.ok((await client.request.get(`${w.url}/account`)).url().includes('/login'));
      if (client !== context) await client.close();
    }
    // Pigeon is unknown here: the passkey shows whose account it is.
    await leave();
    await page.click('form[action="/fn/signin/provider"] button[value="pigeon"]');
    await page.click('button:has-text("Anna")');
    await page.click('button[value="enter_account"]');
    await clean('bind');
    await show(() => page.waitForURL(/\/account$/));
    assert.ok((await page.textContent('section[aria-labelledby="methods"]')).includes('Pigeon'));
    // Before a change the passkey confirms that it is her; a code or a provider would do too.
    await page.goto(`${w.url}/account/confirm?to=/account/passkeys`);
    await clean('confirm');
    const session = async () => (await context.cookies()).find((cookie) => cookie.name.startsWith('lg_s_'))?.value;
    const before = await session();
    await show(() => page.waitForURL(`${w.url}/account/passkeys`));
    assert.notEqual(await session(), before, 'the session goes on under a new id');
    // Removed, or taken back by the notice's link: the device still has it, and it opens nothing.
    if (view.locale === 'en') {
      await page.goto(`${w.url}/account/passkeys`);
      await page.click('.rows button');
      await page.click('form[action="/fn/confirm"] button');
      await page.waitForSelector('.notice.good');
      assert.equal(await page.locator('.rows li').count(), 0);
    } else {
      await page.goto(await undoLink(w, 'anna@example.test', /passkey/i));
      await clean('undo');
      await page.click('button.danger');
    }
    await leave();
    await show(() => page.waitForSelector('.notice.bad'));
    assert.ok(!(await context.cookies()).some((cookie) => cookie.name.startsWith('lg_s_')), 'nobody is signed in');
  });
}
