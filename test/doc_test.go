// Package test runs the CDK app and the command line as their users do: the app is
// synthesized in processes of its own, and what comes out is served and called.
package test
