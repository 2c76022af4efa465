// Lists the properties that CloudFormation requires of what is on the way of a request, from the
// schemas that the CDK is generated from:
//
//   npm ci && node internal/tools/check/testdata/required.mjs > internal/tools/check/testdata/required.txt
import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';

const types = [
  'AWS::CloudFront::CachePolicy', 'AWS::CloudFront::Distribution', 'AWS::CloudFront::Function', 'AWS::CloudFront::OriginAccessControl',
  'AWS::CloudFront::OriginRequestPolicy', 'AWS::CloudFront::ResponseHeadersPolicy', 'AWS::Lambda::Alias', 'AWS::Lambda::Function',
  'AWS::Lambda::Permission', 'AWS::Lambda::Url', 'AWS::Lambda::Version', 'AWS::S3::Bucket', 'AWS::S3::BucketPolicy',
];
const db = loadAwsServiceSpecSync();
const lines = new Set();

// What a type leads to: definitions of objects, in lists with "[]" behind the name.
function definitions(type, suffix = '') {
  if (type.type === 'ref') return [[db.get('typeDefinition', type.reference.$ref), suffix]];
  if (type.type === 'array') return definitions(type.element, suffix + '[]');
  if (type.type === 'union') return type.types.flatMap((t) => definitions(t, suffix));
  return [];
}

function walk(typ, path, properties, above) {
  for (const [name, property] of Object.entries(properties)) {
    const here = path ? `${path}.${name}` : name;
    if (property.required) lines.add(`${typ} ${here}`);
    for (const [definition, suffix] of definitions(property.type)) {
      if (!above.includes(definition.$id)) walk(typ, here + suffix, definition.properties, [...above, definition.$id]);
    }
  }
}

for (const typ of types) {
  walk(typ, '', db.lookup('resource', 'cloudFormationType', 'equals', typ).only().properties, []);
}
console.log([...lines].sort().join('\n'));
