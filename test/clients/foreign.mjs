// Assemblies of CDK's own constructs, with a function in them, for tools that know nothing of
// this repository.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './chain.mjs';

const assemblies = join(root, 'local/testdata/foreign');

/** goNames are Go's names of what Node.js and Lambda name otherwise. */
export const goNames = { win32: 'windows', x64: 'amd64' };

/**
 * unsigned makes an assembly at dir in which GET passes and POST is refused, since nobody hashes
 * its body, and which runs on this host.
 */
export function unsigned(dir) {
  cpSync(join(assemblies, 'unsigned'), dir, { recursive: true });
  const file = join(dir, 'Plain.template.json');
  const template = JSON.parse(readFileSync(file, 'utf8'));
  const [, { Properties }] = Object.entries(template.Resources).find(([, { Type }]) => Type === 'AWS::Lambda::Function');
  Properties.Architectures = [process.arch === 'arm64' ? 'arm64' : 'x86_64'];
  writeFileSync(file, JSON.stringify(template));
  const { files } = JSON.parse(readFileSync(join(dir, 'Plain.assets.json'), 'utf8'));
  const asset = Object.values(files).map(({ source }) => source.path).find((path) => path.startsWith('asset.'));
  mkdirSync(join(dir, asset));
  execFileSync('go', ['build', '-o', join(dir, asset, 'bootstrap'), './local/testdata/function'], {
    cwd: root, env: { ...process.env, CGO_ENABLED: '0', GOOS: 'linux', GOARCH: goNames[process.arch] ?? process.arch },
  });
}

/** clean is an assembly without findings. */
export const clean = join(assemblies, 'shared-oac');

/** faulty is an assembly with an error and a warning. */
export const faulty = join(assemblies, 'unsigned');
