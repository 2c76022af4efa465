// Package cdk spells code of the AWS CDK in the languages that its apps are written in.
//
// The source is one notation, which reads like TypeScript with the module before each type:
//
//	cloudfront.BehaviorOptions.viewerProtocolPolicy: cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS
//	origins.FunctionUrlOrigin.withOriginAccessControl(url)
//	fn@lambda.Function.addPermission('InvokeFunction', lambda.Permission{action: 'lambda:InvokeFunction', ...})
//
// A property of a struct has its type before it, which is not printed. A variable has an @ and its
// type after it. The package itself is aws-cdk-lib. Three dots are for the reader to fill in.
// Every name must be in names.json, which record.mjs generates from the npm package: Spell refuses
// a name that the CDK does not have.
//
// It imports nothing of the project.
package cdk
