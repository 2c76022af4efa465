// The npm packages, as 'make release' packs them and a project installs them.

import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { pack, semver } from '../../packaging/npm/pack.mjs';
import { root } from './chain.mjs';
import { clean, faulty, goNames, unsigned } from './foreign.mjs';

const version = '1.2.3';
const platform = `${process.platform}-${process.arch}`;
const patience = 60_000; // ms

let work;
let project; // with the packages installed, and an assembly in cdk.out

before(() => {
  work = mkdtempSync(join(tmpdir(), 'streamfront-npm-test-'));
  project = join(work, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{"private": true, "type": "module"}\n');
  install(release('first'), project);
  unsigned(join(project, 'cdk.out'));
});

after(() => rmSync(work, { recursive: true, force: true }));

/** release packs bin/streamfront, as the program for this platform, and returns the tarballs. */
function release(name) {
  const dist = join(work, name);
  mkdirSync(dist);
  const target = `${goNames[process.platform] ?? process.platform}_${goNames[process.arch] ?? process.arch}`;
  copyFileSync(join(root, 'bin/streamfront'), join(dist, `streamfront_v${version}_${target}`));
  return pack(`v${version}`, dist);
}

/** install installs tarballs without a registry, where the packages of other platforms are not. */
function install(tarballs, dir, ...flags) {
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', ...flags, ...tarballs], { cwd: dir, stdio: 'pipe' });
}

/** npx runs the installed command. */
function npx(args, options = {}) {
  const { status, stdout, stderr } = spawnSync('npx', ['--offline', 'streamfront', ...args], {
    cwd: project, encoding: 'utf8', timeout: patience, ...options,
  });
  return { status, stdout, stderr };
}

test('the same files make the same tarballs', () => {
  release('again');
  const [first, second] = ['first', 'again'].map(tarballsIn);
  assert.deepEqual(Object.keys(first).sort(), [`streamfront-${platform}-${version}.tgz`, `streamfront-${version}.tgz`].sort());
  for (const name of Object.keys(first)) {
    assert.ok(first[name].equals(second[name]), `${name} differs`);
  }
});

function tarballsIn(name) {
  const dist = join(work, name);
  return Object.fromEntries(readdirSync(dist).filter((file) => file.endsWith('.tgz')).map((file) => [file, readFileSync(join(dist, file))]));
}

test('the version of the packages is the one of the release', () => {
  for (const [described, want] of Object.entries({
    'v1.2.3': '1.2.3', 'v1.2.3-4-gabcdef0': '1.2.3-4-gabcdef0', '1.2.3': '1.2.3',
    '0123456': '0.0.0-g0123456', 'abcdef0-dirty': '0.0.0-gabcdef0-dirty', 'feature/x': '0.0.0-gfeature-x',
  })) {
    assert.equal(semver(described), want);
  }
});

test('a release without binaries is an error', () => {
  const empty = mkdtempSync(join(work, 'empty-'));
  assert.throws(() => pack('v9', empty), /there is no streamfront_v9_\* in .*: 'make release' builds them/);
});

test('the main package has no install script and names every platform of the release', () => {
  const { optionalDependencies, scripts } = JSON.parse(readFileSync(join(project, 'node_modules/streamfront/package.json'), 'utf8'));
  const built = readFileSync(join(root, 'Makefile'), 'utf8').match(/^PLATFORMS := (.*)$/m)[1].split(' ')
    .map((target) => target.replace('.exe', '').replace('windows', 'win32').replace('amd64', 'x64').replace('_', '-'));
  assert.equal(scripts, undefined);
  assert.deepEqual(optionalDependencies, Object.fromEntries(built.map((name) => [`@streamfront/${name}`, version])));
});

for (const [name, { args, status, want }] of Object.entries({
  'nothing found': { args: ['check', clean], status: 0, want: /nothing found/ },
  'findings': { args: ['check', faulty], status: 1, want: /payload-hash-missing/ },
  'findings as SARIF': { args: ['check', '--sarif', faulty], status: 1, want: /"ruleId": "payload-hash-missing"/ },
  'the default folder': { args: ['check'], status: 1, want: /payload-hash-missing/ },
  'no assembly': { args: ['check', 'nowhere'], status: 2, want: /run 'cdk synth' first/ },
  'a wrong flag': { args: ['check', '--nonsense'], status: 2, want: /unknown flag: --nonsense/ },
})) {
  test(`npx streamfront ${args[0]}: ${name}`, () => {
    const got = npx(args);
    assert.equal(got.status, status, got.stderr);
    assert.match(got.stdout + got.stderr, want);
  });
}

test('a paste reaches explain by standard input', () => {
  const got = npx(['explain'], { input: 'HTTP/2 403 \nx-amzn-errortype: AccessDeniedException\nx-cache: Error from cloudfront\n\n{"Message":null}' });
  assert.equal(got.status, 0, got.stderr);
  assert.match(got.stdout, /host-forwarded/);
});

test('without the package of the platform the command says what to do', () => {
  const bare = join(work, 'bare');
  mkdirSync(bare);
  writeFileSync(join(bare, 'package.json'), '{"private": true}\n');
  install([join(work, 'first', `streamfront-${version}.tgz`)], bare);
  const missing = npx(['check'], { cwd: bare });
  assert.equal(missing.status, 2);
  assert.match(missing.stderr, new RegExp(`streamfront: the package @streamfront/${platform} is not installed: install optional dependencies`));
  const own = npx(['check', clean], { cwd: bare, env: { ...process.env, STREAMFRONT_PROGRAM: join(root, 'bin/streamfront') } });
  assert.equal(own.status, 0, own.stderr);
  const wrong = npx(['check', clean], { cwd: bare, env: { ...process.env, STREAMFRONT_PROGRAM: '/nowhere/streamfront' } });
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /STREAMFRONT_PROGRAM is \/nowhere\/streamfront, which does not exist/);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  test(`${signal} ends run by the launcher, and the functions with it`, async () => {
    const child = spawn(process.execPath, ['node_modules/streamfront/bin/streamfront.js', 'run', '--json', '--port', '0'], {
      cwd: project, stdio: ['ignore', 'pipe', 'ignore'], // no terminal, which would send Ctrl-C to both
    });
    const watchdog = setTimeout(() => child.kill('SIGKILL'), patience);
    const closed = new Promise((resolve) => {
      child.once('close', (status, by) => resolve({ status, by }));
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      if (!stdout.includes('\n') && (stdout + text).includes('\n')) {
        child.kill(signal); // it has started
      }
      stdout += text;
    });
    assert.deepEqual(await closed, { status: 0, by: null });
    clearTimeout(watchdog);
    assert.match(stdout, /^\{"event":"started",.*\n\{"event":"stopping"\}\n$/);
  });
}

/** nodeTest runs a test file in the project, and returns its status and what it prints. */
function nodeTest(name, source) {
  writeFileSync(join(project, name), source);
  const { NODE_TEST_CONTEXT, ...env } = process.env; // it is no test of this runner
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--test', name], {
    cwd: project, encoding: 'utf8', timeout: patience, env,
  });
  return { status, output: stdout + stderr };
}

test('the example of docs/ci.md passes as it stands', () => {
  const example = readFileSync(join(root, 'docs/ci.md'), 'utf8').match(/```js\n(import [^]*?)```/)[1];
  assert.equal(example.trimEnd().split('\n').length, 10);
  const { status, output } = nodeTest('example.test.js', example);
  assert.equal(status, 0, output);
  assert.match(output, /pass 1/);
});

test('the types fit the package, and the context of a test of node:test', () => {
  writeFileSync(join(project, 'typed.ts'), `
    import { test } from 'node:test';
    import { start, type Chain, type Trace } from 'streamfront';
    test('typed', async (t) => {
      const chain: Chain = await start({ args: ['--tls'], env: { A: 'b' } }, t);
      const url: string = chain.distributions[0]!.url + chain.functionUrls[0]!.name;
      const refused: Trace[] = chain.traces.filter(({ status, hops }) => status === undefined || hops.some((hop) => hop.refused));
      // @ts-expect-error: there is no such option
      await start({ assemblies: url });
      // @ts-expect-error: traces are not for callers to change
      chain.traces.push(refused[0]!);
      await chain.close();
    });`);
  const modules = join(root, 'test/clients/node_modules');
  const { status, stdout } = spawnSync(join(modules, '.bin/tsc'), [
    '--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node', '--typeRoots', join(modules, '@types'), 'typed.ts',
  ], { cwd: project, encoding: 'utf8', timeout: patience });
  assert.equal(status, 0, stdout);
});

test('the fields that are printed are those of the types', async () => {
  const types = readFileSync(join(project, 'node_modules/streamfront/index.d.ts'), 'utf8');
  const declared = (name) => new Set([...types.match(new RegExp(`interface ${name} \\{([^]*?)\n\\}`))[1].matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)].map((m) => m[1]));
  const { start } = await import(pathToFileURL(join(project, 'node_modules/streamfront/index.js')));
  const chain = await start({ assembly: join(project, 'cdk.out'), args: ['--tls', '--invoker-key', 'ID:SECRET'] });
  await fetch(chain.functionUrls[0].url, { method: 'POST', body: 'x', headers: { authorization: 'AWS4-HMAC-SHA256 nonsense' } });
  await chain.close();
  const [trace] = chain.traces;
  for (const [name, value] of [['Chain', chain], ['Served', chain.distributions[0]], ['Trace', trace], ...trace.hops.map((hop) => ['Hop', hop])]) {
    for (const field of Object.keys(value)) {
      assert.ok(declared(name).has(field), `${name} has no ${field}`);
    }
  }
});

test('a test that fails shows the requests that failed', () => {
  const { status, output } = nodeTest('failing.test.js', `
    import assert from 'node:assert/strict';
    import { test } from 'node:test';
    import { start } from 'streamfront';
    test('fails', async (t) => {
      const chain = await start({}, t);
      await fetch(chain.url + '/passes');
      assert.equal((await fetch(chain.url + '/refused', { method: 'POST', body: 'x' })).status, 200);
    });`);
  assert.equal(status, 1, output);
  assert.match(output, /POST \/refused  403/);
  assert.match(output, /function url +403/);
  assert.match(output, /\(payload-hash-missing\)/);
  assert.doesNotMatch(output, /GET \/passes/);
});

test('an assembly that cannot run rejects start with the reason', () => {
  const { status, output } = nodeTest('nowhere.test.js', `
    import assert from 'node:assert/strict';
    import { test } from 'node:test';
    import { start } from 'streamfront';
    test('nowhere', (t) => assert.rejects(start({ assembly: 'nowhere' }, t), /does not start: .*run 'cdk synth' first/));`);
  assert.equal(status, 0, output);
});

test('start from CommonJS, with flags, traces and an end of its own', () => {
  writeFileSync(join(project, 'own.cjs'), `
    const assert = require('node:assert/strict');
    const { start } = require('streamfront');
    (async () => {
      const chain = await start({ args: ['--tls', '--env', 'API_KEY=key'] });
      assert.match(chain.url, /^https:/);
      assert.match(chain.certificate, /^-----BEGIN CERTIFICATE-----/);
      assert.deepEqual(chain.distributions.map((d) => d.url), [chain.url]);
      assert.equal((await fetch(chain.functionUrls[0].url)).status, 403); // which is not called by CloudFront
      await Promise.all([chain.close(), chain.close()]);
      assert.deepEqual(chain.traces.map((t) => [t.status, t.cause.id]), [[403, 'unsigned-direct-call']]);
      await assert.rejects(fetch(chain.url));
    })();`);
  const { status, stderr } = spawnSync(process.execPath, ['own.cjs'], { cwd: project, encoding: 'utf8', timeout: patience });
  assert.equal(status, 0, stderr);
});
