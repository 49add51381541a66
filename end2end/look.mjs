// Screenshots of every page of the running demo: node look.mjs FOLDER
import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';

const out = process.argv[2] ?? 'look';
mkdirSync(out, { recursive: true });
const base = 'http://127.0.0.1:8090';
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking'] });
const views = [['375-light', 375, 'light'], ['1280-dark', 1280, 'dark']];

for (const [name, width, scheme] of views) {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme: scheme, javaScriptEnabled: width !== 375 });
  const page = await context.newPage();
  const shot = async (what) => page.screenshot({ path: `${out}/${what}-${name}.png`, fullPage: true });
  const suffix = name.replace(/\W/g, '');
  await page.goto('http://127.0.0.1:8096');
  await page.click('text=Sign in');
  await shot('login');
  await page.click('text=Continue with Meridian');
  await page.click('text=Anna Berg');
  await page.waitForSelector('#sub');
  await page.goto(`${base}/account`);
  await shot('account');
  await page.goto(`${base}/account/sessions`);
  await shot('sessions');
  await page.click('text=Sign out >> nth=0');
  await page.click('text=Continue with Pigeon');
  await page.click(width === 375 ? 'button:has-text("Anna")' : 'button:has-text("Anna")');
  if (page.url().includes('/attempt/')) {
    await shot('chooser');
    await page.click('text=Add Pigeon to my account');
    await shot('code');
    await page.click('text=Cancel');
  }
  await page.goto(`${base}/signup`);
  await shot('signup');
  await page.goto(`${base}/refused/code.exhausted?ref=ABCDEFGH12`);
  await shot('refused');
  if (process.argv[3]) {
    await context.clearCookies();
    await page.goto(`${base}/login`);
    await page.fill('#email', 'owner@example.test');
    await page.fill('#password', process.argv[3]);
    await page.click('button.primary');
    for (const path of ['', '/providers', '/providers/meridian', '/policy', '/policy/document', '/policy/presets/goss', '/policy/effective', '/policy/try?provider=pigeon&email=anna%40example.test', ...(process.argv[4] ? [`/policy/versions/${process.argv[4]}`] : []), '/accounts', '/audit', '/applications']) {
      await page.goto(`${base}/admin${path}`);
      await page.waitForTimeout(200);
      await shot(`admin${path.split('?')[0].replaceAll('/', '-')}`);
    }
  }
  await context.close();
}
await browser.close();
