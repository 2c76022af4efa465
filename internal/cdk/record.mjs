// Records what the types below have, from the jsii assembly of the npm package aws-cdk-lib,
// which all languages of the CDK are generated from:
//
//   npm install --prefix /tmp/cdk aws-cdk-lib@2.276.0
//   node record.mjs /tmp/cdk/node_modules/aws-cdk-lib > names.json
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const modules = {
  core: '', cloudfront: 'aws_cloudfront.', experimental: 'aws_cloudfront.experimental.', origins: 'aws_cloudfront_origins.',
  lambda: 'aws_lambda.', iam: 'aws_iam.', s3: 'aws_s3.', CfnWebACL: 'aws_wafv2.CfnWebACL.',
  apigateway: 'aws_apigateway.',
};
const wanted = [
  'core.CfnResource', 'core.Duration',
  'cloudfront.AllowedMethods', 'cloudfront.BehaviorOptions', 'cloudfront.CachePolicy', 'cloudfront.CachePolicyProps',
  'cloudfront.CacheCookieBehavior', 'cloudfront.CacheHeaderBehavior', 'cloudfront.Distribution', 'cloudfront.DistributionProps', 'cloudfront.EdgeLambda',
  'cloudfront.ErrorResponse', 'cloudfront.Function', 'cloudfront.FunctionAssociation', 'cloudfront.FunctionEventType',
  'cloudfront.FunctionUrlOriginAccessControl', 'cloudfront.FunctionUrlOriginAccessControlProps', 'cloudfront.GeoRestriction',
  'cloudfront.LambdaEdgeEventType', 'cloudfront.OriginProtocolPolicy', 'cloudfront.OriginRequestPolicy',
  'cloudfront.OriginSslPolicy', 'cloudfront.SecurityPolicyProtocol', 'cloudfront.Signing', 'cloudfront.ViewerProtocolPolicy',
  'experimental.EdgeFunction', 'experimental.EdgeFunctionProps',
  'origins.FunctionUrlOrigin', 'origins.FunctionUrlOriginProps', 'origins.FunctionUrlOriginWithOACProps', 'origins.HttpOriginProps', 'origins.OriginGroup', 'origins.S3BucketOrigin',
  'lambda.Function', 'lambda.FunctionProps', 'lambda.FunctionUrl', 'lambda.FunctionUrlAuthType', 'lambda.FunctionUrlCorsOptions', 'lambda.FunctionUrlOptions',
  'lambda.InvokeMode', 'lambda.Permission',
  'iam.ManagedPolicy', 'iam.RoleProps', 'iam.ServicePrincipal',
  's3.BlockPublicAccess', 's3.BucketProps', 's3.ObjectOwnership',
  'CfnWebACL.ManagedRuleGroupStatementProperty',
  'apigateway.LambdaIntegration', 'apigateway.LambdaIntegrationOptions', 'apigateway.LambdaRestApiProps', 'apigateway.MethodOptions', 'apigateway.RequestAuthorizerProps', 'apigateway.ResponseTransferMode', 'apigateway.TokenAuthorizerProps', 'apigateway.UsagePlan',
];

const dir = process.argv[2];
const { version, types } = JSON.parse(gunzipSync(readFileSync(join(dir, '.jsii.gz'))));
const typeOf = (fqn) => types[fqn];
// A parameter as its name, "?" if it may be left out, and "{}" if it is a struct.
const parameter = (p) => p.name + (p.optional ? '?' : '') + (types[p.type.fqn]?.datatype ? '{}' : '');

// The members of a type and of all that it extends.
function members(type) {
  const bases = [type.base, ...(type.interfaces ?? [])].map(typeOf).filter(Boolean).map(members);
  return {
    properties: [...bases.flatMap((b) => b.properties), ...(type.properties ?? [])],
    methods: [...bases.flatMap((b) => b.methods), ...(type.methods ?? [])],
  };
}

const initializer = (type) => type.initializer ?? (type.base && types[type.base] ? initializer(types[type.base]) : undefined);
const sorted = (names) => [...new Set(names)].sort();

function record(name) {
  const [module, short] = name.split('.');
  const type = types['aws-cdk-lib.' + modules[module] + short];
  if (!type) throw new Error(`aws-cdk-lib ${version} has no ${name}`);
  if (type.kind === 'enum') return { enum: type.members.map((m) => m.name) };
  const { properties, methods } = members(type);
  if (type.datatype) return { struct: sorted(properties.map((p) => p.name)) };
  const of = (found) => Object.fromEntries(found.map((m) => [m.name, (m.parameters ?? []).map(parameter)]));
  const public_ = methods.filter((m) => !m.protected && !/^metric|^is[A-Z]/.test(m.name));
  return {
    new: (initializer(type)?.parameters ?? []).map(parameter),
    constants: sorted(properties.filter((p) => p.static).map((p) => p.name)),
    statics: of(public_.filter((m) => m.static)),
    properties: sorted(properties.filter((p) => !p.static && !p.protected).map((p) => p.name)),
    methods: of(public_.filter((m) => !m.static)),
  };
}

const lines = wanted.map((name) => `  ${JSON.stringify(name)}: ${JSON.stringify(record(name))}`);
process.stdout.write(`{"version": ${JSON.stringify(version)}, "types": {\n${lines.join(',\n')}\n}}\n`);
