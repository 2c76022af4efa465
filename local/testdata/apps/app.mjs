// Writes the assemblies beside it: apps in the styles that strangers have, of plain CDK,
// deployable as they are. Each holds what streamfront once could not read.
//
//   npm install --no-save aws-cdk-lib@2.276.0 constructs@10.6.0 && node app.mjs [NAME ...]
//
// Without names it writes all of them.
// The tests do not run it; they read what it wrote.
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { App, Aws, CfnCondition, CfnOutput, CfnParameter, Duration, Fn, NestedStack, RemovalPolicy, Stack, Stage } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as targets from 'aws-cdk-lib/aws-route53-targets';
import * as sam from 'aws-cdk-lib/aws-sam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as s3deploy from 'aws-cdk-lib/aws-s3-deployment';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import * as cr from 'aws-cdk-lib/custom-resources';

const here = (name) => new URL(name, import.meta.url).pathname;
const account = '111122223333';
const signerCode = lambda.Code.fromInline(readFileSync(new URL('../../../functions/signer/index.js', import.meta.url), 'utf8'));

function app(name, define, context = {}) {
  if (process.argv.length > 2 && !process.argv.slice(2).includes(name)) return;
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

// A CloudFront Function that keeps the host that viewers ask for.
function hostFunction(scope, id = 'Host') {
  return new cloudfront.Function(scope, id, {
    runtime: cloudfront.FunctionRuntime.JS_2_0,
    code: cloudfront.FunctionCode.fromInline(`function handler(event) {
  const request = event.request;
  request.headers['x-forwarded-host'] = { value: request.headers.host.value };
  return request;
}`),
  });
}

function atViewers(fn) {
  return { functionAssociations: [{ function: fn, eventType: cloudfront.FunctionEventType.VIEWER_REQUEST }] };
}

// Written in the resources of CloudFormation alone, as converted templates are: ARNs by Fn::Sub,
// the URL taken apart, permissions by name.
app('resources', (app) => {
  const stack = new Stack(app, 'App', { env: { account, region: 'us-east-1' } });
  const role = new iam.CfnRole(stack, 'Role', {
    assumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: ['lambda.amazonaws.com', 'edgelambda.amazonaws.com'] }, Action: 'sts:AssumeRole' }],
    },
    policies: [{ policyName: 'logs', policyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'], Resource: '*' }] } }],
  });
  const fn = new lambda.CfnFunction(stack, 'Backend', {
    role: role.attrArn, runtime: 'nodejs22.x', handler: 'index.handler', timeout: 30, memorySize: 512,
    code: { zipFile: 'exports.handler = awslambda.streamifyResponse(async (event, stream) => { stream.write("hello"); stream.end(); });' },
  });
  const url = new lambda.CfnUrl(stack, 'BackendUrl', { targetFunctionArn: fn.attrArn, authType: 'AWS_IAM', invokeMode: 'RESPONSE_STREAM' });
  const signer = new lambda.CfnFunction(stack, 'EdgeSigner', {
    role: role.attrArn, runtime: 'nodejs22.x', handler: 'index.handler', timeout: 5, memorySize: 256,
    code: { zipFile: readFileSync(new URL('../../../functions/signer/index.js', import.meta.url), 'utf8') },
  });
  const version = new lambda.CfnVersion(stack, 'EdgeSignerVersion', { functionName: signer.ref });
  const oac = new cloudfront.CfnOriginAccessControl(stack, 'Oac', {
    originAccessControlConfig: { name: Fn.sub('${AWS::StackName}-oac'), originAccessControlOriginType: 'lambda', signingBehavior: 'always', signingProtocol: 'sigv4' },
  });
  const distribution = new cloudfront.CfnDistribution(stack, 'Cdn', {
    distributionConfig: {
      enabled: true, httpVersion: 'http2and3', comment: 'Chat',
      origins: [{
        id: 'backend', domainName: Fn.select(2, Fn.split('/', url.attrFunctionUrl)), originAccessControlId: oac.attrId,
        customOriginConfig: { originProtocolPolicy: 'https-only', originReadTimeout: 60 },
      }],
      defaultCacheBehavior: {
        targetOriginId: 'backend', viewerProtocolPolicy: 'https-only', compress: true,
        allowedMethods: ['HEAD', 'DELETE', 'POST', 'GET', 'OPTIONS', 'PUT', 'PATCH'],
        cachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad', originRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
        lambdaFunctionAssociations: [{ eventType: 'origin-request', includeBody: true, lambdaFunctionArn: version.ref }],
      },
    },
  });
  for (const [id, action] of [['AllowUrl', 'lambda:InvokeFunctionUrl'], ['AllowInvoke', 'lambda:InvokeFunction']]) {
    new lambda.CfnPermission(stack, id, {
      action, functionName: fn.ref, principal: 'cloudfront.amazonaws.com',
      sourceArn: Fn.sub('arn:aws:cloudfront::${AWS::AccountId}:distribution/${Cdn}'), invokedViaFunctionUrl: id === 'AllowInvoke' ? true : undefined,
    });
  }
  new CfnOutput(stack, 'Address', { value: Fn.sub('https://${Cdn.DomainName}/') });
});

// What a framework for server-side rendering deploys: pages by a function, pictures by another
// one, assets from a bucket, a cache key of its own; everything is read.
app('rendering', (app) => {
  const stack = new Stack(app, 'App', { env: { account, region: 'us-east-1' } });
  const assets = siteBucket(stack);
  const host = hostFunction(stack);
  const pages = functionOrigin(chat(stack, 'Pages'));
  const images = origins.FunctionUrlOrigin.withOriginAccessControl(urlOf(new lambda.Function(stack, 'Images', {
    runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', timeout: Duration.seconds(25), architecture: lambda.Architecture.ARM_64, memorySize: 1536,
    code: lambda.Code.fromInline('exports.handler = async () => ({ statusCode: 200, headers: { "content-type": "image/webp" }, body: "", isBase64Encoded: true });'),
  }), { invokeMode: lambda.InvokeMode.BUFFERED }));
  const key = new cloudfront.CachePolicy(stack, 'PagesKey', {
    minTtl: Duration.seconds(0), defaultTtl: Duration.seconds(0), maxTtl: Duration.days(365), enableAcceptEncodingGzip: true, enableAcceptEncodingBrotli: true,
    headerBehavior: cloudfront.CacheHeaderBehavior.allowList('accept', 'rsc', 'next-router-prefetch', 'next-url', 'x-forwarded-host'),
    cookieBehavior: cloudfront.CacheCookieBehavior.none(), queryStringBehavior: cloudfront.CacheQueryStringBehavior.all(),
  });
  const read = { viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS, allowedMethods: cloudfront.AllowedMethods.ALLOW_GET_HEAD_OPTIONS, cachedMethods: cloudfront.CachedMethods.CACHE_GET_HEAD_OPTIONS };
  const bucket = { origin: origins.S3BucketOrigin.withOriginAccessControl(assets, { originPath: '/_assets' }), ...read, cachePolicy: cloudfront.CachePolicy.CACHING_OPTIMIZED };
  new cloudfront.Distribution(stack, 'Distribution', {
    defaultBehavior: { origin: pages, ...read, cachePolicy: key, ...atViewers(host) },
    additionalBehaviors: { '_next/static/*': bucket, 'favicon.ico': bucket, '_next/image*': { origin: images, ...read, cachePolicy: key, ...atViewers(host) } },
  });
});

// A domain of its own: certificate, names, records, a web ACL, logs, a restriction, headers of
// responses, all in us-east-1.
app('domain', (app) => {
  const stack = new Stack(app, 'App', { env: { account, region: 'us-east-1' } });
  const zone = route53.HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z0123456789ABCDEFGHIJ', zoneName: 'example.com' });
  const certificate = new acm.Certificate(stack, 'Certificate', { domainName: 'chat.example.com', subjectAlternativeNames: ['*.chat.example.com'], validation: acm.CertificateValidation.fromDns(zone) });
  const acl = new wafv2.CfnWebACL(stack, 'Acl', {
    scope: 'CLOUDFRONT', defaultAction: { allow: {} }, visibilityConfig: { cloudWatchMetricsEnabled: true, metricName: 'acl', sampledRequestsEnabled: true },
    rules: [{
      name: 'rate', priority: 0, action: { block: {} }, statement: { rateBasedStatement: { limit: 1000, aggregateKeyType: 'IP' } },
      visibilityConfig: { cloudWatchMetricsEnabled: true, metricName: 'rate', sampledRequestsEnabled: true },
    }],
  });
  const logs = new s3.Bucket(stack, 'Logs', { objectOwnership: s3.ObjectOwnership.OBJECT_WRITER, enforceSSL: true, blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL });
  const distribution = new cloudfront.Distribution(stack, 'Distribution', {
    domainNames: ['chat.example.com', 'www.chat.example.com'], certificate, webAclId: acl.attrArn, minimumProtocolVersion: cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
    httpVersion: cloudfront.HttpVersion.HTTP2_AND_3, priceClass: cloudfront.PriceClass.PRICE_CLASS_100, geoRestriction: cloudfront.GeoRestriction.allowlist('CH', 'DE'),
    logBucket: logs, logFilePrefix: 'cdn/',
    defaultBehavior: api(functionOrigin(chat(stack)), edgeFunction(stack).currentVersion, {
      ...atViewers(hostFunction(stack)),
      responseHeadersPolicy: new cloudfront.ResponseHeadersPolicy(stack, 'Headers', {
        securityHeadersBehavior: { strictTransportSecurity: { accessControlMaxAge: Duration.days(365), includeSubdomains: true, override: true }, contentTypeOptions: { override: true } },
        corsBehavior: {
          accessControlAllowCredentials: false, accessControlAllowHeaders: ['authorization', 'content-type'], accessControlAllowMethods: ['GET', 'POST'],
          accessControlAllowOrigins: ['https://app.example.com'], originOverride: true,
        },
        removeHeaders: ['server'],
      }),
    }),
  });
  for (const name of ['chat', 'www.chat']) {
    const target = route53.RecordTarget.fromAlias(new targets.CloudFrontTarget(distribution));
    new route53.ARecord(stack, `A-${name}`, { zone, recordName: name, target });
    new route53.AaaaRecord(stack, `AAAA-${name}`, { zone, recordName: name, target });
  }
});

// An MCP server in Python by the Lambda Web Adapter, whose state is in a table.
app('adapter', (app) => {
  const stack = new Stack(app, 'App', { env: { account, region: 'us-east-1' } });
  const table = new dynamodb.TableV2(stack, 'Sessions', { partitionKey: { name: 'id', type: dynamodb.AttributeType.STRING }, removalPolicy: RemovalPolicy.DESTROY });
  const fn = new lambda.Function(stack, 'Mcp', {
    runtime: lambda.Runtime.PYTHON_3_13, handler: 'run.sh', code: lambda.Code.fromAsset(here('legacy')), timeout: Duration.minutes(5), memorySize: 1024,
    environment: { AWS_LAMBDA_EXEC_WRAPPER: '/opt/bootstrap', AWS_LWA_INVOKE_MODE: 'response_stream', AWS_LWA_PORT: '8000', TABLE: table.tableName },
    layers: [lambda.LayerVersion.fromLayerVersionArn(stack, 'Adapter', 'arn:aws:lambda:us-east-1:753240598075:layer:LambdaAdapterLayerX86:25')],
  });
  table.grantReadWriteData(fn);
  new cloudfront.Distribution(stack, 'Distribution', { defaultBehavior: api(functionOrigin(fn), edgeFunction(stack).currentVersion) });
});

// The stack of the function exports what the stack of the distribution imports, in one region
// that is not us-east-1, with the signer looked up.
app('exports', (app) => {
  signerStack(app, 'Edge');
  const backend = new Stack(app, 'Backend', { env: { account, region: 'ap-southeast-2' } });
  const front = new Stack(app, 'Front', { env: { account, region: 'ap-southeast-2' } });
  const fn = chat(backend);
  new cloudfront.Distribution(front, 'Distribution', { defaultBehavior: api(functionOrigin(fn), lookUp(front), atViewers(hostFunction(front))) });
});

// A site under an origin access identity, which older apps have, and an API that is only read.
app('identity', (app) => {
  const stack = new Stack(app, 'App', { env: { account, region: 'us-east-1' } });
  const site = siteBucket(stack);
  new cloudfront.Distribution(stack, 'Distribution', {
    defaultRootObject: 'index.html',
    defaultBehavior: { origin: origins.S3BucketOrigin.withOriginAccessIdentity(site), viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS },
    additionalBehaviors: {
      '/feed/*': {
        origin: functionOrigin(chat(stack)), viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.HTTPS_ONLY, allowedMethods: cloudfront.AllowedMethods.ALLOW_GET_HEAD,
        cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED, ...atViewers(hostFunction(stack)),
      },
    },
  });
});

// Parameters and conditions decide what a stage has: names, a web ACL of elsewhere, memory.
app('conditions', (app) => {
  const stack = new Stack(app, 'App', { env: { account, region: 'us-east-1' } });
  const stage = new CfnParameter(stack, 'StageName', { type: 'String', default: 'dev', allowedValues: ['dev', 'prod'] });
  const memory = new CfnParameter(stack, 'Memory', { type: 'Number', default: 512 });
  const prod = new CfnCondition(stack, 'IsProd', { expression: Fn.conditionEquals(stage.valueAsString, 'prod') });
  const fn = chat(stack, 'Chat', { environment: { STAGE: stage.valueAsString } });
  fn.node.defaultChild.addPropertyOverride('MemorySize', memory.valueAsNumber);
  const distribution = new cloudfront.Distribution(stack, 'Distribution', { defaultBehavior: api(functionOrigin(fn), edgeFunction(stack).currentVersion, atViewers(hostFunction(stack))) });
  const cfn = distribution.node.defaultChild;
  cfn.addPropertyOverride('DistributionConfig.Aliases', { 'Fn::If': ['IsProd', ['chat.example.com'], { Ref: 'AWS::NoValue' }] });
  cfn.addPropertyOverride('DistributionConfig.ViewerCertificate', { 'Fn::If': ['IsProd', {
    AcmCertificateArn: `arn:aws:acm:us-east-1:${account}:certificate/12345678-1234-1234-1234-123456789012`, SslSupportMethod: 'sni-only', MinimumProtocolVersion: 'TLSv1.2_2021',
  }, { Ref: 'AWS::NoValue' }] });
  cfn.addPropertyOverride('DistributionConfig.WebACLId', { 'Fn::If': ['IsProd', `arn:aws:wafv2:us-east-1:${account}:global/webacl/own/12345678-1234-1234-1234-123456789012`, { Ref: 'AWS::NoValue' }] });
  prod.node.addDependency(stage);
});

// For any account: nothing of it is in the template, and the region is left open.
app('agnostic', (app) => {
  const stack = new Stack(app, 'App');
  const fn = new lambda.Function(stack, 'Reader', {
    runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code: lambda.Code.fromAsset(here('chat')), timeout: Duration.seconds(30),
    environment: { REGION: Aws.REGION, ACCOUNT: Aws.ACCOUNT_ID },
  });
  new cloudfront.Distribution(stack, 'Distribution', {
    defaultBehavior: {
      origin: functionOrigin(fn), viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      cachePolicy: cloudfront.CachePolicy.CACHING_DISABLED, originRequestPolicy: cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER, ...atViewers(hostFunction(stack)),
    },
  });
});

// Callers hash themselves, and the app says so; an image from a repository of the app.
app('callers', (app) => {
  const stack = new Stack(app, 'App', { env: { account, region: 'eu-central-1' } });
  const repository = new ecr.Repository(stack, 'Repository', { emptyOnDelete: true, removalPolicy: RemovalPolicy.DESTROY });
  const fn = new lambda.DockerImageFunction(stack, 'Server', { code: lambda.DockerImageCode.fromEcr(repository, { tagOrDigest: 'v1' }), timeout: Duration.minutes(1), memorySize: 2048 });
  const { edgeLambdas, ...behavior } = api(functionOrigin(fn), undefined);
  const distribution = new cloudfront.Distribution(stack, 'Distribution', { defaultBehavior: behavior });
  distribution.node.defaultChild.addMetadata('streamfront', { suppress: [{ id: 'payload-hash-missing', reason: 'our clients send x-amz-content-sha256' }] });
});

// The web ACL and the certificate in us-east-1, the rest elsewhere, by CDK's own references.
app('cross-region-names', (app) => {
  const global = new Stack(app, 'Global', { env: { account, region: 'us-east-1' }, crossRegionReferences: true });
  const zone = route53.HostedZone.fromHostedZoneAttributes(global, 'Zone', { hostedZoneId: 'Z0123456789ABCDEFGHIJ', zoneName: 'example.org' });
  const certificate = new acm.Certificate(global, 'Certificate', { domainName: 'api.example.org', validation: acm.CertificateValidation.fromDns(zone) });
  const acl = new wafv2.CfnWebACL(global, 'Acl', {
    scope: 'CLOUDFRONT', defaultAction: { block: {} }, visibilityConfig: { cloudWatchMetricsEnabled: false, metricName: 'acl', sampledRequestsEnabled: false },
    rules: [{
      name: 'key', priority: 1, action: { allow: {} }, visibilityConfig: { cloudWatchMetricsEnabled: false, metricName: 'key', sampledRequestsEnabled: false },
      statement: { sizeConstraintStatement: { fieldToMatch: { singleHeader: { Name: 'x-api-key' } }, comparisonOperator: 'GT', size: 0, textTransformations: [{ priority: 0, type: 'NONE' }] } },
    }],
  });
  const { signer } = signerStack(app, 'Edge', { crossRegionReferences: true });
  const stack = new Stack(app, 'App', { env: { account, region: 'eu-north-1' }, crossRegionReferences: true });
  new cloudfront.Distribution(stack, 'Distribution', {
    domainNames: ['api.example.org'], certificate, webAclId: acl.attrArn,
    defaultBehavior: api(functionOrigin(chat(stack)), signer.currentVersion, atViewers(hostFunction(stack))),
  });
});

// Functions by SAM behind a distribution of one's own.
app('sam-front', (app) => {
  const stack = new Stack(app, 'App', { env: { account, region: 'us-east-1' } });
  stack.templateOptions.transforms = ['AWS::Serverless-2016-10-31'];
  new sam.CfnFunction(stack, 'Feed', {
    runtime: 'nodejs22.x', handler: 'index.handler', timeout: 20,
    inlineCode: 'exports.handler = async () => ({ statusCode: 200, body: "hello" });',
    functionUrlConfig: { authType: 'AWS_IAM', invokeMode: 'BUFFERED' },
  });
  const oac = new cloudfront.CfnOriginAccessControl(stack, 'Oac', {
    originAccessControlConfig: { name: 'feed', originAccessControlOriginType: 'lambda', signingBehavior: 'always', signingProtocol: 'sigv4' },
  });
  new cloudfront.CfnDistribution(stack, 'Cdn', {
    distributionConfig: {
      enabled: true,
      origins: [{
        id: 'feed', domainName: Fn.select(2, Fn.split('/', Fn.getAtt('FeedUrl', 'FunctionUrl').toString())), originAccessControlId: oac.attrId,
        customOriginConfig: { originProtocolPolicy: 'https-only' },
      }],
      defaultCacheBehavior: {
        targetOriginId: 'feed', viewerProtocolPolicy: 'redirect-to-https', cachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
      },
    },
  });
  for (const [id, action] of [['AllowUrl', 'lambda:InvokeFunctionUrl'], ['AllowInvoke', 'lambda:InvokeFunction']]) {
    new lambda.CfnPermission(stack, id, {
      action, functionName: Fn.ref('Feed'), principal: 'cloudfront.amazonaws.com',
      sourceArn: Fn.sub('arn:aws:cloudfront::${AWS::AccountId}:distribution/${Cdn}'), invokedViaFunctionUrl: id === 'AllowInvoke' ? true : undefined,
    });
  }
});
