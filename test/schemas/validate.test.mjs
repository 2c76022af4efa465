import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';

import { validate } from './validate.mjs';

const folders = ['../../infra/streamfront/testdata/', '../../infra/fronts/testdata/', '../../infra/operations/testdata/', '../testdata/'].map((f) => new URL(f, import.meta.url));
const templates = folders.flatMap((folder) => readdirSync(folder)
  .filter((name) => name.endsWith('.template.json'))
  .map((name) => new URL(name, folder)));

const read = (url) => JSON.parse(readFileSync(url, 'utf8'));

test('there are golden templates', () => assert.ok(templates.length > 6, `${templates.length} templates`));

for (const url of templates) {
  test(url.pathname.split('/').at(-1), () => assert.deepEqual(validate(read(url)), []));
}

// A validator that finds nothing would be no better than none.
const broken = {
  'unknown type': [{ Type: 'AWS::Lambda::Uri' }, 'X: unknown resource type AWS::Lambda::Uri'],
  'unknown attribute': [{ Type: 'AWS::SNS::Topic', Depends: 'Y' }, 'X.Depends: no attribute of a resource'],
  'unknown property': [
    { Type: 'AWS::Lambda::Url', Properties: { AuthType: 'AWS_IAM', TargetFunctionArn: { Ref: 'F' }, Mode: 1 } },
    'X.Mode: unknown property',
  ],
  'missing property': [
    { Type: 'AWS::Lambda::Url', Properties: { AuthType: 'AWS_IAM' } },
    'X.TargetFunctionArn: required, and missing',
  ],
  'value that is not allowed': [
    { Type: 'AWS::Lambda::Url', Properties: { AuthType: 'IAM', TargetFunctionArn: { 'Fn::GetAtt': ['F', 'Arn'] } } },
    'X.AuthType: "IAM" is none of AWS_IAM, NONE',
  ],
  'wrong type': [
    { Type: 'AWS::Lambda::Permission', Properties: { Action: 'a', FunctionName: 'f', Principal: 'p', InvokedViaFunctionUrl: 'yes' } },
    'X.InvokedViaFunctionUrl: "yes" is no boolean',
  ],
  'wrong type inside': [
    { Type: 'AWS::CloudFront::Function', Properties: { Name: 'n', FunctionCode: 'c', FunctionConfig: { Comment: 'c', Runtime: 2 } } },
    'X.FunctionConfig.Runtime: 2 is no string',
  ],
  'no list': [
    { Type: 'AWS::SNS::Topic', Properties: { Subscription: {} } },
    'X.Subscription: {} is no array',
  ],
};

for (const [name, [resource, want]] of Object.entries(broken)) {
  test(name, () => assert.deepEqual(validate({ Resources: { X: resource } }), [want]));
}
