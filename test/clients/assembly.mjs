// Assemblies for the local chain: the app's, changed.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './chain.mjs';

/**
 * withVariables copies an assembly of the app, until the end of t, and sets variables of its
 * function.
 */
export function withVariables(t, variables, assembly = 'cdk.out') {
  const dir = mkdtempSync(join(tmpdir(), 'streamfront-assembly-'));
  t.after(() => rmSync(dir, { recursive: true }));
  cpSync(join(root, assembly), dir, { recursive: true });
  const file = join(dir, 'Streamfront.template.json');
  const template = JSON.parse(readFileSync(file, 'utf8'));
  const sample = Object.values(template.Resources).find(
    ({ Type, Properties }) => Type === 'AWS::Lambda::Function' && Properties.Runtime === 'provided.al2023');
  Object.assign(sample.Properties.Environment.Variables, variables);
  writeFileSync(file, JSON.stringify(template));
  return dir;
}

/**
 * withApplication copies the app's assembly, until the end of t, and makes its function a web
 * application behind the web adapter, as AddWebAdapter defines it: that of the other sample,
 * from its golden template. command starts the application.
 */
export function withApplication(t, command, variables, assembly) {
  const dir = withVariables(t, {}, assembly);
  const file = join(dir, 'Streamfront.template.json');
  const template = JSON.parse(readFileSync(file, 'utf8'));
  const golden = JSON.parse(readFileSync(join(root, 'test/testdata/Streamfront.node.template.json'), 'utf8'));
  const adapted = sampleOf(golden, 'run.sh');
  const sample = sampleOf(template, 'bootstrap');
  for (const name of ['Runtime', 'Handler', 'Layers', 'Architectures']) {
    sample[name] = adapted[name];
  }
  sample.Environment = { Variables: { ...adapted.Environment.Variables, AWS_LWA_READINESS_CHECK_PROTOCOL: 'tcp', ...variables } };
  writeFileSync(file, JSON.stringify(template));
  // The folder may have assets of earlier runs, too.
  const asset = `asset.${sample.Code.S3Key.replace(/\.zip$/, '')}`;
  writeFileSync(join(dir, asset, 'run.sh'), `#!/bin/sh\n${command}\n`, { mode: 0o755 });
  return dir;
}

function sampleOf(template, handler) {
  return Object.values(template.Resources).find(
    ({ Type, Properties }) => Type === 'AWS::Lambda::Function' && Properties.Handler === handler).Properties;
}
