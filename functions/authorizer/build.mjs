// Bundles the edge functions, each into one CommonJS file that goes into a template.
//
//   npm ci && npm run build
//
// The bundles are in the repository: importers have no npm. A test builds them again and
// compares.
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

export async function bundle(name, outdir = here('dist')) {
  await build({
    absWorkingDir: here('.'), entryPoints: [`${name}.mjs`], outfile: `${outdir}/${name}.cjs`,
    bundle: true, platform: 'node', target: 'node22', format: 'cjs', minify: true, legalComments: 'inline', charset: 'utf8',
    banner: { js: '// Bundled from functions/authorizer with aws-jwt-verify 5.2.1 (Apache-2.0, Copyright Amazon.com, Inc. or its affiliates).' },
  });
}

export const bundles = ['signing', 'checking'];

if (process.argv[1] === fileURLToPath(import.meta.url)) for (const name of bundles) await bundle(name);
