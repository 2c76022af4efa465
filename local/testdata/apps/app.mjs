// Writes the assemblies beside it: apps in the styles that strangers have, of plain CDK,
// deployable as they are. Each holds what streamfront once could not read.
//
//   npm install --no-save aws-cdk-lib@2.276.0 constructs@10.6.0 && node app.mjs
//
// The tests do not run it; they read what it wrote.
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { App, CfnOutput, CfnParameter, Duration, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sam from 'aws-cdk-lib/aws-sam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as s3deploy from 'aws-cdk-lib/aws-s3-deployment';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import * as cr from 'aws-cdk-lib/custom-resources';

const here = (name) => new URL(name, import.meta.url).pathname;
const account = '111122223333';
const signerCode = lambda.Code.fromInline(readFileSync(new URL('../../../functions/signer/index.js', import.meta.url), 'utf8'));

function app(name, define, context = {}) {
  const outdir = here(name);
  rmSync(outdir, { recursive: true, force: true });
  const app = new App({ outdir, analyticsReporting: false, treeMetadata: false, context });
  define(app);
  app.synth();
  tidy(outdir);
}

// Keeps what the tests read: templates, manifests, and assets that the app brings itself.
// CDK's own (the AWS CLI, providers) are large, and nothing runs them here.
function tidy(dir) {
  for (const file of readdirSync(dir)) {
    const path = join(dir, file);
    if (statSync(path).isDirectory()) {
      if (file.startsWith('assembly-')) tidy(path);
      else if (!/^asset\./.test(file) || !readdirSync(path).every((f) => /^(index\.mjs|app\.py|app\.js|index\.html)$/.test(f))) rmSync(path, { recursive: true });
    } else if (!/\.(template|assets)\.json$|^manifest\.json$/.test(file)) rmSync(path);
  }
  for (const file of readdirSync(dir).filter((f) => f.endsWith('.assets.json'))) {
    const assets = JSON.parse(readFileSync(join(dir, file)));
    for (const asset of Object.values(assets.files)) {
      // Without staging paths are absolute; the tests put their own folder in the place of this one.
      if (isAbsolute(asset.source.path)) asset.source.path = `/app/${relative(here('.'), asset.source.path)}`;
    }
    writeFileSync(join(dir, file), `${JSON.stringify(assets, null, 1)}\n`);
  }
  const manifest = JSON.parse(readFileSync(join(dir, 'manifest.json')));
  for (const [id, artifact] of Object.entries(manifest.artifacts)) {
    if (!['cdk:asset-manifest', 'aws:cloudformation:stack', 'cdk:cloud-assembly'].includes(artifact.type)) delete manifest.artifacts[id];
  }
  writeFileSync(join(dir, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`);
}

function chat(scope, id = 'Chat', more = {}) {
  return new lambda.Function(scope, id, {
    runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromAsset(here('chat')), timeout: Duration.minutes(1), ...more,
  });
}

function urlOf(fn, more = {}) {
  return fn.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.AWS_IAM, invokeMode: lambda.InvokeMode.RESPONSE_STREAM, ...more });
}

function functionOrigin(fn, more = {}) {
  return origins.FunctionUrlOrigin.withOriginAccessControl(urlOf(fn), { readTimeout: Duration.seconds(60), ...more });
}

function edgeFunction(scope, id = 'Signer') {
  return new cloudfront.experimental.EdgeFunction(scope, id, { runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: signerCode });
}

function api(origin, version, more = {}) {
  return {
    origin,
    allowedMethods: cloudfront.AllowedMethods.ALLOW_ALL,
    cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED,
    originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
    viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
    edgeLambdas: [{ eventType: cloudfront.LambdaEdgeEventType.ORIGIN_REQUEST, functionVersion: version, includeBody: true }],
    ...more,
  };
}

// A signer as many apps have it: in a stack of its own in us-east-1, which leaves the ARN of
// its version in an SSM parameter.
function signerStack(scope, id, env) {
  const stack = new Stack(scope, id, { env: { account, region: 'us-east-1' }, ...env });
  const signer = new lambda.Function(stack, 'Signer', {
    runtime: lambda.Runtime.NODEJS_24_X, handler: 'index.handler', code: signerCode,
    role: new iam.Role(stack, 'Role', {
      assumedBy: new iam.CompositePrincipal(new iam.ServicePrincipal('lambda.amazonaws.com'), new iam.ServicePrincipal('edgelambda.amazonaws.com')),
      managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSLambdaBasicExecutionRole')],
    }),
  });
  new ssm.StringParameter(stack, 'Version', { parameterName: '/chat/signer', stringValue: signer.currentVersion.functionArn });
  return { stack, signer };
}

// What reads it there.
function lookUp(scope) {
  const reader = new cr.AwsCustomResource(scope, 'SignerVersion', {
    onUpdate: {
      service: 'SSM', action: 'getParameter', parameters: { Name: '/chat/signer' }, region: 'us-east-1',
      physicalResourceId: cr.PhysicalResourceId.of('signer-version'),
    },
    policy: cr.AwsCustomResourcePolicy.fromSdkCalls({ resources: cr.AwsCustomResourcePolicy.ANY_RESOURCE }),
    installLatestAwsSdk: false,
  });
  return lambda.Version.fromVersionArn(scope, 'Signer', reader.getResponseField('Parameter.Value'));
}

function siteBucket(scope) {
  const bucket = new s3.Bucket(scope, 'Site', { blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL, enforceSSL: true });
  return bucket;
}

function spaErrors() {
  return [403, 404].map((httpStatus) => ({ httpStatus, responseHttpStatus: 200, responsePagePath: '/index.html', ttl: Duration.seconds(10) }));
}

// A single-page app with its API: site in S3 behind an OAC, error pages, a viewer function of
// CDK's default runtime, a streaming function, the signer found by look-up, and an alias.
app('spa', (app) => {
  signerStack(app, 'Edge');
  const stack = new Stack(app, 'App', { env: { account, region: 'eu-central-1' } });
  const site = siteBucket(stack);
  const certificate = acm.Certificate.fromCertificateArn(stack, 'Certificate', `arn:aws:acm:us-east-1:${account}:certificate/12345678-1234-1234-1234-123456789012`);
  const host = new cloudfront.Function(stack, 'Host', {
    code: cloudfront.FunctionCode.fromInline(`function handler(event) {
  var request = event.request;
  request.headers['x-forwarded-host'] = { value: request.headers.host.value };
  return request;
}`),
  });
  const distribution = new cloudfront.Distribution(stack, 'Distribution', {
    defaultRootObject: 'index.html',
    domainNames: ['chat.example.com'],
    certificate,
    defaultBehavior: { origin: origins.S3BucketOrigin.withOriginAccessControl(site), viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS },
    additionalBehaviors: {
      '/api/*': api(functionOrigin(chat(stack)), lookUp(stack), {
        functionAssociations: [{ function: host, eventType: cloudfront.FunctionEventType.VIEWER_REQUEST }],
      }),
    },
    errorResponses: spaErrors(),
  });
  new s3deploy.BucketDeployment(stack, 'Deploy', { destinationBucket: site, sources: [s3deploy.Source.asset(here('site'))], distribution });
  new CfnOutput(stack, 'Url', { value: `https://${distribution.distributionDomainName}` });
});

// The function and its URL in a nested stack, the distribution in the parent.
app('nested', (app) => {
  const stack = new Stack(app, 'App', { env: { account, region: 'us-east-1' } });
  const backend = new NestedStack(stack, 'Backend');
  const fn = chat(backend);
  const url = urlOf(fn);
  const signer = edgeFunction(stack);
  const distribution = new cloudfront.Distribution(stack, 'Distribution', {
    defaultBehavior: api(origins.FunctionUrlOrigin.withOriginAccessControl(url, { readTimeout: Duration.seconds(60) }), signer.currentVersion),
  });
  new CfnOutput(stack, 'Url', { value: distribution.distributionDomainName });
});

// Both in nested stacks beside each other.
app('nested-siblings', (app) => {
  const stack = new Stack(app, 'App', { env: { account, region: 'us-east-1' } });
  const backend = new NestedStack(stack, 'Backend');
  const front = new NestedStack(stack, 'Front');
  const signer = edgeFunction(stack);
  new cloudfront.Distribution(front, 'Distribution', {
    defaultBehavior: api(functionOrigin(chat(backend)), signer.currentVersion),
  });
});

// Two stages of one app, the distribution's origin in another stack of the stage.
app('stages', (app) => {
  for (const [name, region] of [['Beta', 'us-east-1'], ['Prod', 'ap-northeast-1']]) {
    const stage = new Stage(app, name, { env: { account, region } });
    const backend = new Stack(stage, 'Backend');
    const front = new Stack(stage, 'Front');
    const fn = chat(backend);
    new cloudfront.Distribution(front, 'Distribution', { defaultBehavior: api(functionOrigin(fn), edgeFunction(front).currentVersion) });
  }
});

// The signer in us-east-1, handed over by CDK's own references across regions.
app('cross-region', (app) => {
  const { signer } = signerStack(app, 'Edge', { crossRegionReferences: true });
  const stack = new Stack(app, 'App', { env: { account, region: 'eu-west-1' }, crossRegionReferences: true });
  new cloudfront.Distribution(stack, 'Distribution', { defaultBehavior: api(functionOrigin(chat(stack)), signer.currentVersion) });
});

// The distribution in us-east-1 and the function elsewhere: the permission would be created
// in the wrong region, and the deployment fails (aws/aws-cdk#34536).
app('cross-region-function', (app) => {
  const backend = new Stack(app, 'Backend', { env: { account, region: 'eu-west-1' }, crossRegionReferences: true });
  const front = new Stack(app, 'Front', { env: { account, region: 'us-east-1' }, crossRegionReferences: true });
  new cloudfront.Distribution(front, 'Distribution', { defaultBehavior: api(functionOrigin(chat(backend)), edgeFunction(front).currentVersion) });
});

// Reads that may fail over to a second bucket.
app('origin-group', (app) => {
  const stack = new Stack(app, 'App', { env: { account, region: 'us-east-1' } });
  const primary = siteBucket(stack);
  const second = new s3.Bucket(stack, 'Second', { blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL, enforceSSL: true });
  new cloudfront.Distribution(stack, 'Distribution', {
    defaultBehavior: {
      origin: new origins.OriginGroup({
        primaryOrigin: origins.S3BucketOrigin.withOriginAccessControl(primary),
        fallbackOrigin: origins.S3BucketOrigin.withOriginAccessControl(second),
        fallbackStatusCodes: [403, 404, 500, 502, 503, 504],
      }),
      viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
    },
    additionalBehaviors: { '/api/*': api(functionOrigin(chat(stack)), edgeFunction(stack).currentVersion) },
  });
  new s3deploy.BucketDeployment(stack, 'Deploy', { destinationBucket: second, sources: [s3deploy.Source.asset(here('site'))] });
});

// Several distributions, one before an alias, one that reaches an API of somebody else, and
// what a deployment decides: a parameter, an SSM parameter, a secret.
app('several', (app) => {
  const stack = new Stack(app, 'App', { env: { account, region: 'us-east-1' } });
  const model = new CfnParameter(stack, 'Model', { type: 'String' });
  const signer = edgeFunction(stack);
  const environment = {
    MODEL: model.valueAsString,
    TABLE: ssm.StringParameter.valueForStringParameter(stack, '/chat/table'),
    TOKEN: '{{resolve:secretsmanager:chat/token:SecretString:token}}',
  };
  const alias = new lambda.Alias(stack, 'Live', { aliasName: 'live', version: chat(stack, 'Aliased', { environment }).currentVersion });
  new cloudfront.Distribution(stack, 'A', { defaultBehavior: api(functionOrigin(alias), signer.currentVersion) });
  new cloudfront.Distribution(stack, 'B', {
    defaultBehavior: api(functionOrigin(chat(stack, 'Other', { environment })), signer.currentVersion),
    additionalBehaviors: {
      '/partner/*': { origin: new origins.HttpOrigin('api.example.com'), viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.HTTPS_ONLY },
    },
  });
});

// A buffered function in Python, read only, so that nothing has to be hashed.
app('python', (app) => {
  const stack = new Stack(app, 'App', { env: { account, region: 'us-east-1' } });
  const fn = new lambda.Function(stack, 'Legacy', {
    runtime: lambda.Runtime.PYTHON_3_13, handler: 'app.handler', code: lambda.Code.fromAsset(here('legacy')), timeout: Duration.seconds(10),
  });
  const url = urlOf(fn, { invokeMode: lambda.InvokeMode.BUFFERED, cors: { allowedOrigins: ['https://chat.example.com'], allowedMethods: [lambda.HttpMethod.GET, lambda.HttpMethod.POST], allowedHeaders: ['content-type'] } });
  new cloudfront.Distribution(stack, 'Distribution', {
    defaultBehavior: api(origins.FunctionUrlOrigin.withOriginAccessControl(url), edgeFunction(stack).currentVersion),
  });
});

// A function in a container image.
app('container', (app) => {
  const stack = new Stack(app, 'App', { env: { account, region: 'us-east-1' } });
  const fn = new lambda.Function(stack, 'Server', {
    runtime: lambda.Runtime.FROM_IMAGE, handler: lambda.Handler.FROM_IMAGE, timeout: Duration.minutes(1),
    code: lambda.Code.fromEcrImage(
      { repositoryUriForTagOrDigest: () => `${account}.dkr.ecr.us-east-1.amazonaws.com/chat:1`, repositoryArn: `arn:aws:ecr:us-east-1:${account}:repository/chat`, grantPull: () => {}, env: {}, stack, node: stack.node, repositoryUriForDigest: () => '', addToResourcePolicy: () => ({ statementAdded: true }) },
    ),
  });
  new cloudfront.Distribution(stack, 'Distribution', { defaultBehavior: api(functionOrigin(fn), edgeFunction(stack).currentVersion) });
});

// Assets that are not staged: their paths are absolute.
app('unstaged', (app) => {
  const stack = new Stack(app, 'App', { env: { account, region: 'us-east-1' } });
  new cloudfront.Distribution(stack, 'Distribution', { defaultBehavior: api(functionOrigin(chat(stack)), edgeFunction(stack).currentVersion) });
}, { 'aws:cdk:disable-asset-staging': true });

// A function by SAM, whose transform CloudFormation alone expands.
app('sam', (app) => {
  const stack = new Stack(app, 'App', { env: { account, region: 'us-east-1' } });
  stack.templateOptions.transforms = ['AWS::Serverless-2016-10-31'];
  new sam.CfnFunction(stack, 'Chat', {
    runtime: 'nodejs22.x', handler: 'index.handler', inlineCode: 'exports.handler = async () => ({ statusCode: 200 });',
    functionUrlConfig: { authType: 'NONE', invokeMode: 'BUFFERED' },
  });
});
