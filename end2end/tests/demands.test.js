// What an application or an organisation may ask of a person on the way in: an address, access, a second factor, a device's code.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { VIEWS, launch, looking, some } from './looking.js';
import { PASSWORD, code, world } from './world.js';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** What an authenticator shows (RFC 6238) for a base32 key. */
function totp(key) {
  const bits = [...key.replaceAll(' ', '')].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)));
  const mac = createHmac('sha1', Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)))).update(step).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

for (const [js, view] of some(VIEWS)) {
  test(`an application wants an address and access, and an organisation a second factor, ${js ? 'with script' : 'without script'}, ${view.locale}, ${view.viewport.width} px`, async (t) => {
    const w = await world((seed, _, at) => {
      seed.preset = 'recommended';
      seed.applications.push({ client_id: 'notes', name: 'Notes', secret: 'notes-secret', redirect_uris: [`${at.app}/`], settings: { first_party: false, grants: ['authorization_code', 'refresh_token', 'device_code'] } });
    });
    t.after(w.stop);
    const context = await browser.newContext({ javaScriptEnabled: js, ...view });
    t.after(() => context.close());
    const page = await context.newPage();
    const clean = looking(page, js, `demands-${view.locale}-${view.viewport.width}`);
    const query = new URLSearchParams({ client_id: 'notes', redirect_uri: `${w.app}/`, response_type: 'code', scope: 'openid profile email phone offline_access', state: 's', code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' });
    // Pigeon verifies nothing: what it says of Cleo's address is not passed on.
    await page.goto(`${w.url}/authorize?${query}`);
    await page.click('form[action="/fn/signin/provider"] button[value="pigeon"]');
    await page.click('button:has-text("Cleo")');
    if (page.url().includes('/choose')) await page.click('button[value="create_new"]');
    await page.waitForURL(/\/consent\?/);
    await clean('consent');
    await page.click('button[value="allow"]');
    await page.waitForURL(/\/address\?/);
    await clean('address');
    await page.focus('button[value="send"]');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/code$/);
    await clean('address-code');
    await page.fill('#code', 'AAAA-AAAA');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role="alert"]');
    await clean('address-code-wrong');
    await page.fill('#code', await code(w, 'cleo@example.test', 1));
    await page.keyboard.press('Enter');
    await page.waitForURL(/code=/);
    // A device: its code stands on the page that asks; afterwards nothing is asked for any more.
    const device = await fetch(`${w.url}/device_authorization`, { method: 'POST', headers: { authorization: `Basic ${Buffer.from('notes:notes-secret').toString('base64')}` }, body: new URLSearchParams({ scope: 'openid profile' }) }).then((r) => r.json());
    await page.goto(`${w.url}/device?code=${device.user_code.toLowerCase()}`);
    assert.ok((await page.textContent('main')).includes(device.user_code));
    await clean('device-asks');
    await page.click('button[value="allow"]');
    await page.waitForSelector('.notice.good');
    assert.equal(await page.locator('#code').count(), 0);
    await clean('device-connected');
    // The organisation wants two factors of everybody from now on.
    await context.clearCookies();
    await page.goto(w.setup);
    await page.fill('#name', 'Olga Owner');
    await page.fill('#email', 'owner@example.test');
    await page.fill('#password', PASSWORD);
    await page.click('button.primary');
    await page.goto(`${w.url}/admin/policy/document?scope=organisation`);
    await page.fill('textarea', JSON.stringify({ floors: { second_factor: 'always' } }));
    await page.click('button.primary');
    await page.click('button[name="becomes"][value="active"]');
    await page.click('form[action="/fn/confirm"] button');
    await context.clearCookies();
    await page.goto(`${w.url}/authorize?${query}`);
    await page.click('form[action="/fn/signin/provider"] button[value="meridian"]');
    await page.click('text=Ben Okafor');
    if (page.url().includes('/choose')) await page.click('button[value="create_new"]');
    await page.waitForURL(/\/account\/second-factor\?/);
    await clean('factor-wanted');
    await page.click('button.primary');
    await page.waitForSelector('.qr');
    await page.fill('#code', '000000');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.notice.bad');
    await clean('factor-wanted-wrong');
    await page.fill('#code', totp(await page.textContent('code.secret')));
    await page.click('button.primary');
    await page.waitForSelector('.codes');
    await clean('factor-wanted-codes');
    await page.click('button.primary');
    await page.waitForURL(/\/consent\?/);
    // The same page, opened again: it leads on.
    await page.goto(`${w.url}/account/second-factor?to=/account/sessions`);
    await clean('factor-there');
    await page.click('a.button.primary');
    await page.waitForURL(/\/account\/sessions$/);
    for (const refusal of ['session.factor_wanted', 'rate.limited', 'server.busy', 'account.mailbox_contested', 'account.undo_credential', 'code.exhausted']) {
      await page.context().addCookies([{ name: 'lg_r', value: `${refusal}~`, url: w.url }]);
      await page.goto(`${w.url}/refused/${refusal}`);
      assert.ok(await page.locator('.next li').count() > 0, refusal);
      await clean(`refused-${refusal}`);
    }
  });
}
