// The console's forms that refuse or ask again, a mailbox that somebody else came with, and what the trail calls things.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { VIEWS, launch, looking, some } from './looking.js';
import { PASSWORD, code, world } from './world.js';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

for (const [js, view] of some(VIEWS)) {
  test(`a provider's source is confirmed, a directory refused, a mailbox contested, ${js ? 'with script' : 'without script'}, ${view.locale}, ${view.viewport.width} px`, async (t) => {
    const w = await world((seed) => { seed.preset = 'recommended'; });
    t.after(w.stop);
    const context = await browser.newContext({ javaScriptEnabled: js, ...view });
    t.after(() => context.close());
    const page = await context.newPage();
    const clean = looking(page, js, `console-${view.locale}-${view.viewport.width}`);
    const enter = async (who) => {
      await context.clearCookies();
      await page.goto(`${w.url}/login`);
      await page.click('form[action="/fn/signin/provider"] button[value="meridian"]');
      await page.click(`text=${who}`);
    };
    // Anna is there by Meridian; then another subject of Meridian comes with her address.
    await enter('Anna Berg');
    if (page.url().includes('/choose')) await page.click('button[value="create_new"]');
    await page.waitForURL(/\/account$/);
    await fetch(`http://127.0.0.1:${w.port + 1}/knobs`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ id_token: { email: 'anna@example.test' }, userinfo: { email: 'anna@example.test' } }) });
    await enter('Ben Okafor');
    await clean('met');
    await enter('Anna Berg');
    await page.waitForURL(/\/account$/);
    assert.equal(await page.locator('.tag.warn').count(), 1);
    await clean('contested');
    // The owner: the account's page, a provider's form.
    await context.clearCookies();
    await page.goto(w.setup);
    await page.fill('#name', 'Olga Owner');
    await page.fill('#email', 'owner@example.test');
    await page.fill('#password', PASSWORD);
    await page.click('button.primary');
    await page.waitForURL(/\/admin$/);
    await page.goto(`${w.url}/account`);
    await page.click('form[action="/fn/account/add"] button[value="harbour"]');
    await page.click('button:has-text("周")');
    await page.waitForURL(/\/account$/);
    await page.goto(`${w.url}/admin/accounts?q=anna%40example.test`);
    await page.click('a[href^="/admin/accounts/"]');
    await clean('account-contested');
    await page.goto(`${w.url}/admin/providers/meridian`);
    await clean('provider');
    await page.fill('#client_id', 'another');
    await page.click('#connection button.primary');
    // What is wrong stands above the form, has the focus, and leads to the field.
    await page.waitForSelector('.notice.bad a');
    assert.equal(await page.getAttribute('.notice.bad a', 'href'), '#confirmed');
    assert.equal(await page.getAttribute('#confirmed', 'aria-invalid'), 'true');
    assert.ok(await page.evaluate(() => document.activeElement.matches('.notice.bad')));
    await clean('provider-confirm');
    await page.check('#confirmed');
    await page.click('#connection button.primary');
    await page.waitForSelector('.notice.good');
    await page.goto(`${w.url}/admin/providers/new`);
    await clean('gallery');
    await page.goto(`${w.url}/admin/providers/new?preset=keycloak`);
    await clean('provider-add');
    await page.goto(`${w.url}/admin/providers/new?preset=oidc`);
    await page.fill('#name', 'Big');
    await page.click('summary >> nth=0');
    await page.fill('#key', 'big');
    await page.fill('#client_id', 'x');
    await page.fill('#issuer', 'https://accounts.google.com');
    await page.check('#enabled');
    await page.click('main button.primary');
    await page.waitForURL(/providers\/big/);
    await page.fill('#domains', 'corp.test');
    await page.check('#own_directory');
    await page.click('form#association button.primary');
    await page.waitForSelector('.notice.bad a[href="#own_directory"]');
    assert.equal(await page.getAttribute('#own_directory', 'aria-describedby'), 'own_directory-hint own_directory-problem');
    await clean('provider-directory');
    await page.click('main a.danger');
    await clean('provider-delete');
    await page.click('main button.danger');
    await page.waitForURL(/\/admin\/providers\?/);
    assert.equal(await page.locator('text=Big').count(), 0);
    // The secret is typed again before it goes to another place.
    await page.goto(`${w.url}/admin/providers/new?preset=oauth2`);
    await page.fill('#name', 'Plain');
    await page.click('summary >> nth=0');
    await page.fill('#key', 'plain');
    await page.fill('#client_id', 'x');
    await page.fill('#secret', 'a secret');
    for (const [name, value] of [['authorization_url', 'a'], ['token_url', 't'], ['userinfo_url', 'u']]) await page.fill(`#${name}`, `http://127.0.0.1:${w.port + 3}/${value}`);
    await page.fill('#subject_path', 'sub');
    await page.click('main button.primary');
    await page.waitForSelector('.notice.good');
    await clean('provider-tested');
    await page.fill('#token_url', `http://127.0.0.1:${w.port + 2}/t`);
    await page.click('#connection button.primary');
    await page.waitForSelector('.notice.bad a[href="#secret"]');
    await clean('provider-secret');
    // The switches: a difference first, then the version.
    await page.goto(`${w.url}/admin/policy`);
    await clean('policy');
    await page.uncheck('#create');
    await page.click('form[action="/fn/admin/policy"] button.primary');
    await page.waitForURL(/\/versions\//);
    await clean('version');
    await page.goto(`${w.url}/admin/audit`);
    await clean('audit');
    // A new password by a code: what else opens the account.
    await context.clearCookies();
    await page.goto(`${w.url}/reset`);
    await page.fill('#email', 'owner@example.test');
    await page.click('button.primary');
    await clean('reset-code');
    await page.fill('#code', await code(w, 'owner@example.test', 1));
    await page.fill('#password', 'another long password');
    await page.click('button.primary');
    await page.waitForURL(/\/account\/recovered/);
    await clean('recovered');
  });
}
