// Writes the assemblies beside it: those of a plain CDK app in JavaScript that knows
// nothing of streamfront's constructs, at the newest CDK.
//
//   npm install --no-save aws-cdk-lib@2.276.0 constructs@10.6.0 && node app.mjs
//
// The tests do not run it; they read what it wrote.
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { App, Aws, CfnOutput, Duration, Fn, Stack } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';

const signer = readFileSync(new URL('../../../functions/signer/index.js', import.meta.url), 'utf8');

function app(name, region, define) {
  const outdir = new URL(name, import.meta.url).pathname;
  rmSync(outdir, { recursive: true, force: true });
  const app = new App({ outdir, analyticsReporting: false, treeMetadata: false });
  define(new Stack(app, 'Plain', { env: { account: '111122223333', region } }));
  app.synth();
  keepTemplates(outdir);
}

// What the tests read, without code, trees and reports.
function keepTemplates(outdir) {
  for (const file of readdirSync(outdir)) {
    if (!/\.(template|assets)\.json$|^manifest\.json$/.test(file)) rmSync(`${outdir}/${file}`, { recursive: true });
  }
  const manifest = JSON.parse(readFileSync(`${outdir}/manifest.json`));
  for (const [id, { type }] of Object.entries(manifest.artifacts)) {
    if (!['cdk:asset-manifest', 'aws:cloudformation:stack'].includes(type)) delete manifest.artifacts[id];
  }
  writeFileSync(`${outdir}/manifest.json`, `${JSON.stringify(manifest, null, 1)}\n`);
}

function streaming(stack, id, environment) {
  return new lambda.Function(stack, id, {
    runtime: lambda.Runtime.PROVIDED_AL2023,
    handler: 'bootstrap',
    code: lambda.Code.fromAsset(new URL('function', import.meta.url).pathname),
    timeout: Duration.minutes(15),
    environment,
  });
}

function urlOf(fn) {
  return fn.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.AWS_IAM, invokeMode: lambda.InvokeMode.RESPONSE_STREAM });
}

function edge(stack, id) {
  return new cloudfront.experimental.EdgeFunction(stack, id, {
    runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: lambda.Code.fromInline(signer),
  });
}

function behavior(origin, fn) {
  return {
    origin,
    allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
    cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
    originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
    viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
    edgeLambdas: fn && [{ eventType: cloudfront.LambdaEdgeEventType.ORIGIN_REQUEST, functionVersion: fn.currentVersion, includeBody: true }],
  };
}

// One distribution, CDK's own OAC, and an environment full of references to what no
// request meets.
app('own-oac', 'us-east-1', (stack) => {
  const table = new dynamodb.Table(stack, 'Table', { partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING } });
  const queue = new sqs.Queue(stack, 'Queue');
  const fn = streaming(stack, 'Function', {
    TABLE: table.tableName,
    QUEUE: queue.queueName,
    NESTED: Fn.join('-', [Fn.select(0, Fn.split(',', Fn.join(',', [table.tableName, Aws.REGION]))), Fn.sub('${AWS::StackName}')]),
  });
  table.grantReadData(fn);
  const origin = origins.FunctionUrlOrigin.withOriginAccessControl(urlOf(fn));
  const distribution = new cloudfront.Distribution(stack, 'Distribution', { defaultBehavior: behavior(origin, edge(stack, 'Signer')) });
  new CfnOutput(stack, 'Url', { value: `https://${distribution.distributionDomainName}` });
});

// Two distributions that share an OAC and an edge function from another region, one of
// them in front of an alias.
app('shared-oac', 'eu-west-1', (stack) => {
  const oac = new cloudfront.FunctionUrlOriginAccessControl(stack, 'Shared', { signing: cloudfront.Signing.SIGV4_ALWAYS });
  const signed = edge(stack, 'Signer');
  const alias = new lambda.Alias(stack, 'Live', { aliasName: 'live', version: streaming(stack, 'Aliased', {}).currentVersion });
  for (const [id, target] of [['A', streaming(stack, 'Function', {})], ['B', alias]]) {
    const origin = origins.FunctionUrlOrigin.withOriginAccessControl(urlOf(target), { originAccessControl: oac, readTimeout: Duration.seconds(60) });
    new cloudfront.Distribution(stack, id, {
      defaultBehavior: behavior(origin, signed),
      additionalBehaviors: { 'read/*': { ...behavior(origin), allowedMethods: cloudfront.AllowedMethods.ALLOW_GET_HEAD_OPTIONS } },
    });
  }
});

// As many apps have it: no signer, so that no POST with a body works.
app('unsigned', 'us-east-1', (stack) => {
  const origin = origins.FunctionUrlOrigin.withOriginAccessControl(urlOf(streaming(stack, 'Function', {})));
  new cloudfront.Distribution(stack, 'Distribution', { defaultBehavior: behavior(origin) });
});
