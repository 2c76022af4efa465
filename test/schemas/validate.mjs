// Validates a CloudFormation template against the resource schemas of AWS, offline: unknown
// and missing properties, types, and values that are not among the allowed ones.

import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';

const db = loadAwsServiceSpecSync();

const attributes = new Set([
  'Type', 'Properties', 'Condition', 'CreationPolicy', 'DeletionPolicy', 'DependsOn', 'Metadata',
  'UpdatePolicy', 'UpdateReplacePolicy',
]);

/** Returns what is wrong with a template, a line for each finding. */
export function validate(template) {
  const findings = [];
  for (const [id, resource] of Object.entries(template.Resources)) {
    for (const key of Object.keys(resource)) {
      if (!attributes.has(key)) findings.push(`${id}.${key}: no attribute of a resource`);
    }
    // Custom resources have no schema: what they take is up to their functions.
    if (resource.Type.startsWith('Custom::')) continue;
    const [spec] = db.lookup('resource', 'cloudFormationType', 'equals', resource.Type);
    if (spec === undefined) {
      findings.push(`${id}: unknown resource type ${resource.Type}`);
      continue;
    }
    object(id, spec.properties, resource.Properties ?? {}, findings);
  }
  return findings;
}

function object(path, properties, value, findings) {
  for (const [name, property] of Object.entries(properties)) {
    if (property.required && value[name] === undefined) findings.push(`${path}.${name}: required, and missing`);
  }
  for (const [name, v] of Object.entries(value)) {
    if (properties[name] === undefined) findings.push(`${path}.${name}: unknown property`);
    else check(`${path}.${name}`, properties[name].type, v, findings);
  }
}

/** An intrinsic function stands for a value that CloudFormation computes. */
function isIntrinsic(value) {
  const keys = Object.keys(Object(value));
  return keys.length === 1 && (keys[0] === 'Ref' || keys[0].startsWith('Fn::'));
}

const primitives = {
  string: (v) => typeof v === 'string',
  'date-time': (v) => typeof v === 'string',
  number: (v) => typeof v === 'number',
  integer: (v) => Number.isInteger(v),
  boolean: (v) => typeof v === 'boolean',
  tag: (v) => typeof v?.Key === 'string' && v.Value !== undefined,
  json: () => true,
};

function check(path, type, value, findings) {
  if (isIntrinsic(value)) return;
  if (type.type === 'union') {
    const attempts = type.types.map((t) => {
      const found = [];
      check(path, t, value, found);
      return found;
    });
    if (attempts.every((found) => found.length > 0)) findings.push(...attempts[0]);
  } else if (type.type === 'array' || type.type === 'map') {
    const fits = type.type === 'array' ? Array.isArray(value) : isObject(value);
    if (!fits) findings.push(`${path}: ${JSON.stringify(value)} is no ${type.type}`);
    else for (const [key, v] of Object.entries(value)) check(`${path}.${key}`, type.element, v, findings);
  } else if (type.type === 'ref') {
    if (!isObject(value)) findings.push(`${path}: ${JSON.stringify(value)} is no object`);
    else object(path, db.get('typeDefinition', type.reference).properties, value, findings);
  } else if (!primitives[type.type](value)) {
    findings.push(`${path}: ${JSON.stringify(value)} is no ${type.type}`);
  } else if (type.allowedValues !== undefined && !type.allowedValues.includes(value)) {
    findings.push(`${path}: ${JSON.stringify(value)} is none of ${type.allowedValues.join(', ')}`);
  }
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
