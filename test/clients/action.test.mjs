// The GitHub Action: its steps as they stand in action.yml, run by bash as a runner does.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { root } from './chain.mjs';
import { clean, faulty } from './foreign.mjs';

const action = parse(readFileSync(join(root, 'action.yml'), 'utf8'));
const { steps } = action.runs;
const bash = execFileSync('bash', ['-c', 'type -P bash'], { encoding: 'utf8' }).trim(); // for runs without PATH
const patience = 300_000; // ms: one of the runs builds the program

/** value resolves an expression of action.yml, of the few kinds that there are in it. */
function value(expression, { inputs, outputs, github }) {
  const [, context, ...path] = expression.match(/^(inputs|steps|github)\.([\w-]+)(?:\.outputs\.([\w-]+))?$/) ?? [];
  const found = { inputs: () => inputs[path[0]], steps: () => outputs[path[0]]?.[path[1]], github: () => github[path[0]] }[context]?.();
  assert.notEqual(found, undefined, `${expression} is not known at this step`);
  return found;
}

const expand = (text, contexts) => String(text).replace(/\$\{\{ (.*?) \}\}/g, (_, expression) => value(expression, contexts));

/** holds reports whether a step runs: its condition compares a value with a string. */
function holds(step, contexts) {
  if (step.if === undefined) {
    return true;
  }
  const [, expression, want] = step.if.match(/^(\S+) == '(.*)'$/);
  return value(expression, contexts) === want;
}

/**
 * run runs the action with inputs in a workspace, up to the first step that fails. It returns
 * the exit status, what was printed, what the action puts out and what it would upload.
 */
function run(t, given, { workspace = root, env = {} } = {}) {
  const temp = mkdtempSync(join(tmpdir(), 'streamfront-action-'));
  t.after(() => rmSync(temp, { recursive: true }));
  const inputs = Object.fromEntries(Object.entries(action.inputs).map(([name, input]) => [name, given[name] ?? input.default]));
  const contexts = { inputs, outputs: {}, github: { action_path: root, action_ref: 'v9.9.9' } };
  let printed = '';
  let uploaded;
  let status = 0;
  for (const [index, step] of steps.entries()) {
    if (!holds(step, contexts)) {
      continue;
    }
    if (step.uses) {
      uploaded = Object.fromEntries(Object.entries(step.with).map(([name, text]) => [name, expand(text, contexts)]));
      continue;
    }
    const script = join(temp, `${index}.sh`);
    const output = join(temp, `${index}.output`);
    writeFileSync(script, step.run);
    writeFileSync(output, '');
    const own = Object.fromEntries(Object.entries(step.env).map(([name, text]) => [name, expand(text, contexts)]));
    // So GitHub's documentation of "shell: bash" has it.
    const got = spawnSync(bash, ['--noprofile', '--norc', '-eo', 'pipefail', script], {
      cwd: workspace, encoding: 'utf8', timeout: patience, env: { ...process.env, RUNNER_TEMP: temp, GITHUB_OUTPUT: output, ...own, ...env },
    });
    printed += got.stdout + got.stderr;
    if (got.status !== 0) {
      status = got.status;
      break;
    }
    contexts.outputs[step.id ?? index] = Object.fromEntries(readFileSync(output, 'utf8').split('\n').filter(Boolean).map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    }));
  }
  const read = (file) => file && JSON.parse(readFileSync(file, 'utf8'));
  return { status, printed, outputs: contexts.outputs.check, sarif: read(contexts.outputs.check?.sarif), uploaded };
}

const program = join(root, 'bin/streamfront');
const relative = (path) => path.slice(root.length);

test('action.yml is a composite action whose parts fit', () => {
  assert.equal(action.runs.using, 'composite');
  const text = JSON.stringify(action);
  for (const name of Object.keys(action.inputs)) {
    assert.ok(text.includes(`inputs.${name}`), `the input ${name} is not used`);
    assert.equal(typeof action.inputs[name].default, 'string', `${name}: defaults are strings`);
  }
  for (const step of steps) {
    assert.ok(step.uses ? !step.run : step.run && step.shell === 'bash', `${JSON.stringify(step)} is no step of a composite action`);
    assert.match(step.uses ?? `x@${'0'.repeat(40)}`, /^[\w./-]+@[0-9a-f]{40}$/, 'actions of others are pinned by commit');
    assert.doesNotMatch(step.run ?? '', /\$\{\{/, 'inputs reach scripts as variables only, which bash does not run');
  }
  assert.deepEqual(Object.values(action.outputs).map((output) => output.value).sort(), [
    '${{ steps.check.outputs.sarif }}', '${{ steps.check.outputs.status }}',
  ]);
});

test('docs/ci.md names every input with its default', () => {
  const page = readFileSync(join(root, 'docs/ci.md'), 'utf8');
  for (const [name, input] of Object.entries(action.inputs)) {
    assert.ok(page.includes(`| \`${name}\` | ${input.default === '' ? 'none' : `\`${input.default}\``}`), name);
  }
});

for (const [name, { inputs, status, level, upload = true }] of Object.entries({
  'a clean assembly': { inputs: { assembly: relative(clean) }, status: 0 },
  'errors': { inputs: { assembly: relative(faulty) }, status: 1, level: 'error' },
  'warnings': { inputs: { assembly: relative(join(faulty, '../own-oac')) }, status: 0, level: 'warning' },
  'warnings that count': { inputs: { assembly: relative(join(faulty, '../own-oac')), strict: 'true' }, status: 1, level: 'warning' },
  'further arguments': { inputs: { assembly: relative(join(faulty, '../own-oac')), arguments: '--strict\n\n' }, status: 1, level: 'warning' },
  'an origin that only a deployment knows': { inputs: { assembly: 'test/clients/unseen' }, status: 2, level: 'warning' },
  'no upload': { inputs: { assembly: relative(faulty), upload: 'false' }, status: 1, level: 'error', upload: false },
})) {
  test(`the action: ${name}`, (t) => {
    const got = run(t, { program, ...inputs });
    assert.equal(got.status, status, got.printed);
    assert.equal(got.outputs.status, String(status));
    assert.equal(got.sarif.version, '2.1.0');
    const levels = got.sarif.runs[0].results.map((result) => result.level);
    assert.ok(level ? levels.includes(level) : levels.length === 0, `levels ${levels}`);
    for (const { locations: [{ physicalLocation }] } of got.sarif.runs[0].results) {
      assert.ok(physicalLocation.artifactLocation.uri.startsWith(inputs.assembly), 'paths are relative to the workspace');
    }
    assert.deepEqual(got.uploaded, upload ? { sarif_file: got.outputs.sarif, category: 'streamfront' } : undefined);
    assert.match(got.printed, / in \d+ stacks?: /); // for who reads the log
  });
}

test('the action: what could not be checked is not uploaded', (t) => {
  for (const [inputs, want] of [
    [{ assembly: 'nowhere' }, /run 'cdk synth' first/],
    [{ assembly: relative(clean), arguments: '--nonsense' }, /unknown flag: --nonsense/],
    [{ assembly: '--help' }, /no cloud assembly in "--help"/],
    [{ assembly: relative(clean), program: '/nowhere/streamfront' }, /\/nowhere\/streamfront: No such file/],
  ]) {
    const got = run(t, { program, ...inputs });
    assert.ok(got.status > 1, `status ${got.status}: ${got.printed}`);
    assert.match(got.printed, want);
    assert.equal(got.uploaded, undefined);
  }
});

test('the action takes names as they are', (t) => {
  const workspace = mkdtempSync(join(tmpdir(), 'streamfront-workspace-'));
  t.after(() => rmSync(workspace, { recursive: true }));
  const assembly = "a 'folder' $(touch run) `touch run` \"";
  symlinkSync(clean, join(workspace, assembly));
  assert.equal(run(t, { program, assembly }, { workspace }).status, 0);
  assert.throws(() => readFileSync(join(workspace, 'run')), { code: 'ENOENT' });
});

test('the action builds its own program, whatever the workspace is', (t) => {
  const workspace = mkdtempSync(join(tmpdir(), 'streamfront-workspace-'));
  t.after(() => rmSync(workspace, { recursive: true }));
  writeFileSync(join(workspace, 'go.mod'), 'module other\n\ngo 1.26\n');
  const got = run(t, { assembly: clean }, { workspace, env: { GOFLAGS: '-mod=vendor' } });
  assert.equal(got.status, 0, got.printed);
  assert.match(got.printed, /^streamfront v9\.9\.9$/m);
});

test('the action says that there is no Go', (t) => {
  const got = run(t, { assembly: clean }, { env: { PATH: '/nowhere' } });
  assert.equal(got.status, 2, got.printed);
  assert.match(got.printed, /::error title=streamfront::there is no Go on this runner/);
});
