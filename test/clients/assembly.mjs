// Assemblies for the local chain: the app's, changed.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './chain.mjs';

/** withVariables copies the app's assembly, until the end of t, and sets variables of its function. */
export function withVariables(t, variables) {
  const dir = mkdtempSync(join(tmpdir(), 'streamfront-assembly-'));
  t.after(() => rmSync(dir, { recursive: true }));
  cpSync(join(root, 'cdk.out'), dir, { recursive: true });
  const file = join(dir, 'Streamfront.template.json');
  const template = JSON.parse(readFileSync(file, 'utf8'));
  const sample = Object.values(template.Resources).find(
    ({ Type, Properties }) => Type === 'AWS::Lambda::Function' && Properties.Runtime === 'provided.al2023');
  Object.assign(sample.Properties.Environment.Variables, variables);
  writeFileSync(file, JSON.stringify(template));
  return dir;
}
