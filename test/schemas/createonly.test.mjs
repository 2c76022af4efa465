import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';

// infra/snapshot knows by this table what CloudFormation replaces.
const table = JSON.parse(readFileSync(new URL('../../infra/snapshot/createonly.json', import.meta.url), 'utf8'));
const db = loadAwsServiceSpecSync();

for (const [type, properties] of Object.entries(table)) {
  test(`${type} is replaced as the table says`, () => {
    const { properties: schema } = db.lookup('resource', 'cloudFormationType', 'equals', type).only();
    const want = Object.keys(schema).filter((name) => schema[name].causesReplacement === 'yes' && name !== 'Tags');
    assert.deepEqual(properties.toSorted(), want.toSorted());
  });
}
