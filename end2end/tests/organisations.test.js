// Organisations, roles and appearance in a real browser: made at home, administrated by their own people.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { crc32, deflateSync } from 'node:zlib';
import { VIEWS, launch, looking } from './looking.js';
import { PASSWORD, world } from './world.js';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** A wordmark of plain bars, as PNG. */
function logo(width = 200, height = 64) {
  const rows = [];
  for (let y = 0; y < height; y += 1) {
    const row = [0];
    for (let x = 0; x < width; x += 1) row.push(...(x % 24 < 14 && y > 8 && y < 56 ? [0xaa, 0x22, 0x00, 0xff] : [0, 0, 0, 0]));
    rows.push(Buffer.from(row));
  }
  const chunk = (kind, data) => {
    const named = Buffer.concat([Buffer.from(kind), data]);
    const size = Buffer.alloc(4);
    size.writeUInt32BE(data.length);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(named));
    return Buffer.concat([size, named, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 6, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), chunk('IHDR', head), chunk('IDAT', deflateSync(Buffer.concat(rows))), chunk('IEND', Buffer.alloc(0))]);
}

/** The first owner's form. */
async function claim(page, link, email) {
  await page.goto(link);
  await page.fill('#name', 'Olga Owner');
  await page.fill('#email', email);
  await page.fill('#password', PASSWORD);
  await page.click('button.primary');
}

for (const [js, view] of VIEWS) {
  test(`ZI-20 AD-01 SB-07 an organisation from its form to its people, ${js ? 'with script' : 'without script'}, ${view.locale}, ${view.viewport.width} px`, async (t) => {
    const w = await world();
    t.after(w.stop);
    const visit = async (name) => {
      const context = await browser.newContext({ javaScriptEnabled: js, ...view });
      t.after(() => context.close());
      const page = await context.newPage();
      return [page, looking(page, js, `org-${view.locale}-${view.viewport.width}-${name}`)];
    };
    // At home: an organisation is made, and a provider offered to all.
    const [home, homeClean] = await visit('home');
    await claim(home, w.setup, 'owner@example.test');
    await home.goto(`${w.url}/admin/organisations`);
    await homeClean('alone');
    await home.click('.title a.button');
    const address = `http://acme.localhost:${w.port}`;
    const fill = async (where) => {
      await home.fill('#slug', 'acme');
      await home.fill('#name', 'Acme Harbour');
      await home.fill('#address', where);
      await home.click('form.stack button.primary');
    };
    await fill('http://acme.example.com');
    assert.equal(await home.inputValue('#slug'), 'acme');
    assert.ok(await home.locator('#address-problem').isVisible());
    await homeClean('problem');
    await fill(address);
    await home.click('form[action="/fn/admin/organisation/owner"] button');
    const link = await home.textContent('code.secret');
    assert.ok(link.startsWith(`${address}/setup?token=`), link);
    await homeClean('invited');
    await home.goto(`${w.url}/admin/providers/meridian`);
    await home.click('input[name="form[shared]"] ~ div button');
    await home.waitForSelector('.notice.good');
    await home.goto(`${w.url}/admin/organisations`);
    assert.ok(await home.locator('.tag.warn').isVisible(), 'it has no owner yet');
    await homeClean('two');
    // At Acme: its first owner, the offer, the look.
    const [boss, bossClean] = await visit('acme');
    await claim(boss, link, 'boss@example.test');
    assert.equal(boss.url(), `${address}/admin`);
    assert.equal(await boss.locator('nav.side a[href="/admin/organisations"]').count(), 0);
    await boss.goto(`${address}/admin/providers`);
    await bossClean('offered');
    await boss.click('a.row-main');
    await bossClean('take');
    await boss.click('input[name="form[enabled]"] ~ div button');
    assert.ok(await boss.locator('.tag.good').isVisible());
    await boss.goto(`${address}/admin/brand`);
    await boss.fill('#colour', '#ffdd00');
    await boss.click('form.stack button.primary >> nth=0');
    await boss.setInputFiles('#logo', { name: 'logo.svg', mimeType: 'image/svg+xml', buffer: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>') });
    await boss.click('form[enctype] button >> nth=-1');
    assert.ok(await boss.locator('#logo-problem').isVisible());
    await bossClean('logo-problem');
    await boss.setInputFiles('#logo', { name: 'logo.png', mimeType: 'image/png', buffer: logo() });
    await boss.click('form[enctype] button >> nth=-1');
    // The picture comes after the page.
    await boss.waitForLoadState('load');
    assert.equal(await boss.evaluate(() => document.querySelector('header img.logo').naturalHeight), 64);
    await bossClean('brand');
    // Anna comes by the offered provider, and is given a role.
    const [anna, annaClean] = await visit('anna');
    await anna.goto(`${address}/login`);
    await annaClean('login');
    await anna.click('form[action="/fn/signin/provider"] button[value="meridian"]');
    await anna.click('text=Anna Berg');
    await annaClean('choose');
    await anna.click('button[name="pick"][value="create_new"]');
    await anna.waitForURL(`${address}/account`);
    await annaClean('account');
    await boss.goto(`${address}/admin/accounts`);
    await boss.click('a:has-text("Anna Berg")');
    await boss.click('form[action="/fn/admin/account/role"]:has(input[value="support"]) button');
    await bossClean('roles');
    await anna.goto(`${address}/admin`);
    assert.deepEqual(await anna.locator('nav.side a').evaluateAll((all) => all.map((a) => a.getAttribute('href'))), ['/admin', '/admin/policy', '/admin/accounts', '/admin/audit', '/account']);
    await annaClean('support');
    await anna.goto(`${address}/admin/policy`);
    assert.equal(await anna.locator('main button').count(), 0, 'nothing to press for whoever only reads');
    await annaClean('read-only');
    const refused = await anna.goto(`${address}/admin/providers`);
    assert.equal(refused.status(), 403);
    // At home nobody of it is seen.
    await home.goto(`${w.url}/admin/accounts`);
    assert.equal(await home.locator('text=Anna Berg').count(), 0);
  });
}
