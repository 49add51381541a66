// Chromium for the tests of this folder: how it is started, in which views pages are looked at, and what is checked on each.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';

/** Debian's Chromium. */
export function launch() {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'] });
}

/** Chromium pages of one test: screenshots where LOOK asks for them; one heading, no text that is missing, nothing wider than the window; axe where there is script. */
export function looking(page, js, name) {
  let n = 0;
  return async (what) => {
    if (process.env.LOOK) {
      mkdirSync(process.env.LOOK, { recursive: true });
      n += 1;
      await page.screenshot({ path: `${process.env.LOOK}/${name}-${n}-${what}.png`, fullPage: true });
    }
    assert.equal(await page.locator('h1').count(), 1, page.url());
    assert.ok(!(await page.content()).includes('Unknown localization'), page.url());
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `${page.url()} is ${wide} px too wide`);
    if (!js) return;
    const found = await new AxeBuilder({ page }).analyze();
    assert.deepEqual(found.violations.map((v) => `${v.id}: ${v.nodes[0].html}`), [], page.url());
  };
}

/** Two of the views below, for long walks; all of them where pages are looked at. */
export const some = (views) => (process.env.LOOK ? views : [views[0], views[2]]);

/** Without script and with it, narrow and wide, light and dark, in each language. */
export const VIEWS = [[false, { viewport: { width: 375, height: 800 }, colorScheme: 'light', locale: 'en' }], [true, { viewport: { width: 1280, height: 800 }, colorScheme: 'dark', locale: 'en' }], [true, { viewport: { width: 375, height: 800 }, colorScheme: 'dark', locale: 'de' }], [true, { viewport: { width: 1280, height: 800 }, colorScheme: 'light', locale: 'zh-CN' }]];
