// "This wasn't me" in a real browser: what the mail's page asks, one step after the other, and what is left of a link.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { VIEWS, launch, looking, some } from './looking.js';
import { PASSWORD, code, undoLink, world } from './world.js';

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const ADDED = /added|hinzugekommen|添加/;
const CHANGED = /has changed|hat sich geändert|已更改/;

for (const [js, view] of some(VIEWS)) {
  test(`a change is undone by the mail's page, ${js ? 'with script' : 'without script'}, ${view.locale}, ${view.viewport.width} px`, async (t) => {
    const w = await world((seed) => { seed.preset = 'recommended'; });
    t.after(w.stop);
    const context = await browser.newContext({ javaScriptEnabled: js, ...view });
    t.after(() => context.close());
    const page = await context.newPage();
    const clean = looking(page, js, `undo-${view.locale}-${view.viewport.width}`);
    const signIn = async () => {
      await page.goto(`${w.url}/login`);
      await page.fill('#email', 'cleo@example.test');
      await page.fill('#password', PASSWORD);
      await page.click('button.primary');
      await page.waitForURL(/\/account$/);
    };
    await page.goto(`${w.url}/signup`);
    await page.fill('#name', 'Cleo');
    await page.fill('#email', 'cleo@example.test');
    await page.fill('#password', PASSWORD);
    await page.click('button.primary');
    await page.fill('#code', await code(w, 'cleo@example.test', 1));
    await page.click('button.primary');
    await page.click('form[action="/fn/account/add"] button[value="harbour"]');
    await page.click('button:has-text("周")');
    const added = await undoLink(w, 'cleo@example.test', ADDED);
    // What the mail is about is gone: the page says so, and asks whether it may ever come back.
    await page.click('a[href$="/remove"] >> nth=0');
    await page.click('button.danger');
    await page.waitForSelector('.notice.good');
    await page.goto(added);
    await clean('gone');
    await page.fill('#password', PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForSelector('button.danger');
    await clean('gone-shown');
    // Another address; the mail to the one before has the way back.
    await page.goto(`${w.url}/account/email`);
    await page.fill('#email', 'cleo.new@example.test');
    await page.click('button.primary');
    await page.fill('#code', await code(w, 'cleo.new@example.test', 1));
    await page.click('button.primary');
    await page.waitForURL(/\/account$/);
    await clean('former-address');
    await page.goto(`${w.url}/account/activity`);
    await clean('activity');
    const changed = await undoLink(w, 'cleo@example.test', CHANGED);
    await context.clearCookies({ name: /^lg_s/ });
    await page.goto(changed);
    await clean('begin');
    await page.focus('button.danger');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#password');
    await clean('show');
    await page.fill('#password', 'not that one at all');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.notice.bad');
    await clean('wrong');
    await page.fill('#password', PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForSelector('input[name="first"]');
    await clean('decide');
    await page.click('button[value="back"]');
    await page.waitForURL(/\/login/);
    assert.ok(await page.isVisible('.notice.good'));
    await clean('undone');
    await signIn();
    assert.ok(!(await page.textContent('main')).includes('cleo.new@example.test'));
    // The link has done its work.
    await page.goto(changed);
    await clean('over');
    assert.ok((await page.textContent('main')).includes('account.undo_over'));
    assert.equal(await page.locator('.next a').getAttribute('href'), '/account');
  });
}
