// The npm packages: streamfront, and one for each platform with its binary.
//
//	node packaging/npm/pack.mjs VERSION FOLDER
//
// packs FOLDER/streamfront_VERSION_OS_ARCH[.exe], those that there are, into FOLDER/*.tgz. npm
// writes the same bytes for the same files.

import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sources = join(root, 'packaging/npm/streamfront');

/** Go's names of what Node.js names otherwise. */
const nodeNames = { windows: 'win32', amd64: 'x64' };

/** All platforms of a release, as Node.js names them: the main package names each of them. */
const platforms = ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64', 'win32-arm64', 'win32-x64'];

/** semver makes a version for npm of what git describes: v1.2.3 is 1.2.3, a commit 0.0.0-gCOMMIT. */
export function semver(described) {
  const version = described.replace(/^v(?=\d+\.\d+\.\d+)/, '');
  return /^\d+\.\d+\.\d+/.test(version) ? version : `0.0.0-g${version.replace(/[^0-9A-Za-z.-]/g, '-')}`;
}

/** binaries returns the programs in a folder, by the platform as Node.js names it. */
function binaries(folder, described) {
  const found = {};
  for (const file of readdirSync(folder)) {
    const prefix = `streamfront_${described}_`;
    if (file.startsWith(prefix)) {
      const [os, arch] = file.slice(prefix.length).replace(/\.exe$/, '').split('_');
      found[`${nodeNames[os] ?? os}-${nodeNames[arch] ?? arch}`] = join(folder, file);
    }
  }
  return found;
}

/** pack writes the tarballs into the folder, and returns their names. */
export function pack(described, folder) {
  const version = semver(described);
  const programs = binaries(folder, described);
  if (Object.keys(programs).length === 0) {
    throw new Error(`there is no streamfront_${described}_* in ${folder}: 'make release' builds them`);
  }
  const work = mkdtempSync(join(tmpdir(), 'streamfront-npm-'));
  try {
    const packages = Object.entries(programs).sort().map(([platform, file]) => platformPackage(work, version, platform, file));
    packages.push(mainPackage(work, version));
    return packages.map((dir) => tarball(dir, folder));
  } finally {
    rmSync(work, { recursive: true });
  }
}

function mainPackage(work, version) {
  const dir = join(work, 'streamfront');
  cpSync(sources, dir, { recursive: true });
  copyFileSync(join(root, 'LICENSE'), join(dir, 'LICENSE'));
  const description = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
  description.version = version;
  description.optionalDependencies = Object.fromEntries(platforms.map((platform) => [`@streamfront/${platform}`, version]));
  writeJSON(join(dir, 'package.json'), description);
  return dir;
}

function platformPackage(work, version, platform, file) {
  const [os, cpu] = platform.split('-');
  const dir = join(work, platform);
  const program = os === 'win32' ? 'streamfront.exe' : 'streamfront';
  mkdirSync(dir);
  copyFileSync(file, join(dir, program));
  copyFileSync(join(root, 'LICENSE'), join(dir, 'LICENSE'));
  writeFileSync(join(dir, 'README.md'), `The program of the package streamfront for ${os} on ${cpu}. Install that one.\n`);
  writeJSON(join(dir, 'package.json'), {
    name: `@streamfront/${platform}`, version, description: `streamfront for ${os} on ${cpu}`,
    license: 'Apache-2.0', repository: 'github:streamfront/streamfront',
    os: [os], cpu: [cpu], files: [program], preferUnplugged: true, publishConfig: { access: 'public' },
  });
  return dir;
}

function writeJSON(file, value) {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}

function tarball(dir, folder) {
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) {
      chmodSync(join(entry.parentPath ?? entry.path, entry.name), entry.name.startsWith('streamfront') ? 0o755 : 0o644); // whatever the umask
    }
  }
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const out = execFileSync(npm, ['pack', '--json', '--ignore-scripts', '--offline', '--pack-destination', resolve(folder), dir], {
    encoding: 'utf8', shell: process.platform === 'win32', env: { ...process.env, npm_config_update_notifier: 'false' }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  const listed = JSON.parse(out);
  const { filename } = Array.isArray(listed) ? listed[0] : Object.values(listed)[0];
  return join(folder, filename.replace('@', '').replace('/', '-'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [described, folder, ...rest] = process.argv.slice(2);
  if (!folder || rest.length > 0) {
    console.error('usage: node packaging/npm/pack.mjs VERSION FOLDER');
    process.exit(2);
  }
  for (const file of pack(described, folder)) {
    console.log(`  ${file}`);
  }
}
