// A headless Chromium for tests: the one that $CHROMIUM names, one on PATH, or else, on
// Linux x64, the one that the npm package @sparticuz/chromium carries with its libraries.

import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';

const modules = new URL('node_modules/', import.meta.url).pathname;
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

const args = [
  '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

// The package's own configuration looks for its font in the folders of Lambda, and without
// any font a page of text crashes the renderer.
const fonts = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
</fontconfig>
`;

/**
 * openBrowser starts a browser of playwright-core with a fresh profile, closed after the
 * test t. Where there is none, it skips the test, says so, and returns undefined.
 */
export async function openBrowser(t) {
  const found = await find();
  if (found.reason) {
    console.log(`SKIPPED: ${t.name}: ${found.reason}`);
    t.skip(found.reason);
    return undefined;
  }
  const browser = await chromium.launch({
    executablePath: found.path, args, chromiumSandbox: false, timeout: 60_000, env: { ...process.env, ...found.env },
  });
  t.after(() => browser.close());
  return browser;
}

/** find returns path and environment of a Chromium, or the reason why there is none. */
export async function find() {
  if (process.env.CHROMIUM) {
    return { path: process.env.CHROMIUM };
  }
  for (const dir of (process.env.PATH ?? '').split(delimiter)) {
    const path = names.map((name) => join(dir, name)).find(runs);
    if (path) {
      return { path };
    }
  }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { reason: 'no Chromium on PATH: install one, or set CHROMIUM to its path' };
  }
  return packaged();
}

function runs(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * packaged unpacks the package once, beside it. The package unpacks into the temporary
 * folder, and its libraries only where it believes to be on Lambda.
 */
async function packaged() {
  const { version } = JSON.parse(readFileSync(join(modules, '@sparticuz/chromium/package.json'), 'utf8'));
  const dir = join(modules, `.chromium-${version}`);
  if (!existsSync(dir)) {
    const fresh = mkdtempSync(`${dir}-`);
    const unpack = "import('@sparticuz/chromium').then((m) => m.default.executablePath())";
    await promisify(execFile)(process.execPath, ['-e', unpack], {
      cwd: modules, timeout: 120_000, env: { ...process.env, TMPDIR: fresh, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x' },
    });
    writeFileSync(join(fresh, 'fonts.conf'), fonts);
    try {
      renameSync(fresh, dir); // all of it at once: test files run side by side
    } catch (error) {
      rmSync(fresh, { recursive: true, force: true });
      if (!existsSync(dir)) {
        throw error;
      }
    }
  }
  return {
    path: join(dir, 'chromium'),
    env: { LD_LIBRARY_PATH: join(dir, 'al2023/lib'), FONTCONFIG_FILE: join(dir, 'fonts.conf') },
  };
}
